package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.ModelBytes;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.VersionLabel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Versions come, get a canary's share, are a shadow, are promoted, rolled back and deleted, while
 * clients of every protocol ask without a pause: none misses an answer, and no sequence a step.
 */
class PromotionTest extends GrpcServerTest {

  private static final String MODEL = "promoted";
  private static final int ROUNDS = 8;
  private static final String ROW = "[1,2,3,4,3,2]";

  @Autowired private ModelRegistry registry;
  @Autowired private MeterRegistry meters;

  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicBoolean isOver = new AtomicBoolean();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();

  /** What each version answers; all clients but sequences ask the same. */
  private final Map<String, double[]> outputs = new ConcurrentHashMap<>();

  private void put(long version) throws IOException {
    try (Upload upload = registry.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(ModelBytes.pytorch(6, 4, version));
      }
      registry.put(MODEL, OptionalLong.of(version), upload);
    }
  }

  /** A client that asks until all is over; what it throws is a failure. */
  private interface Ask {
    void once() throws Exception;
  }

  private Future<?> client(ExecutorService clients, String kind, Ask ask) {
    AtomicInteger count = answers.computeIfAbsent(kind, unused -> new AtomicInteger());
    return clients.submit(
        () -> {
          while (!isOver.get()) {
            try {
              ask.once();
              count.incrementAndGet();
            } catch (Exception | AssertionError e) {
              failures.add(kind + ": " + e);
            }
          }
        });
  }

  private JsonNode post(String path, String body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
    return JsonMapper.shared().readTree(answer.body());
  }

  /** In a batch of other rows, BLAS may sum in another order; versions differ by far more. */
  private void isItsVersionsOwn(String protocol, String version, double[] output) {
    double[] before = outputs.putIfAbsent(protocol + " " + version, output);
    assertThat(output)
        .as("version %s over %s", version, protocol)
        .containsExactly(before == null ? output : before, within(1e-6));
  }

  private void stepOverHttp() throws Exception {
    JsonNode answer = post("/v1/models/" + MODEL + "/step", "{\"x\": " + ROW + "}");
    double[] output = answer.get("output").valueStream().mapToDouble(JsonNode::asDouble).toArray();
    isItsVersionsOwn("HTTP", answer.get("version").asString(), output);
  }

  private void call() {
    ModelInferResponse answer = stub().modelInfer(step().setModelName(MODEL).build());
    isItsVersionsOwn("gRPC", answer.getModelVersion(), floats(answer));
  }

  private static double[] floats(ModelInferResponse answer) {
    ByteBuffer raw =
        answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    double[] floats = new double[raw.remaining() / Float.BYTES];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = raw.getFloat();
    }
    return floats;
  }

  /** A stream of 10 requests and 10 steps of a sequence. */
  private void stream(int client, AtomicInteger made) {
    String sequence = "promoted-%d-%d".formatted(client, made.incrementAndGet());
    GrpcStreamTest.Answers got = new GrpcStreamTest.Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(got);
    for (int i = 0; i < 10; i++) {
      stream.onNext(step().setModelName(MODEL).build());
      stream.onNext(sequenceStep(sequence, i == 0, i == 9).toBuilder().setModelName(MODEL).build());
    }
    stream.onCompleted();
    assertThat(got.end.join()).isEqualTo(Status.OK);
    assertThat(got.got).hasSize(20);
    assertThat(got.got).extracting(ModelStreamInferResponse::getErrorMessage).containsOnly("");
    String version = got.got.get(1).getInferResponse().getModelVersion();
    for (int i = 0; i < 10; i++) {
      ModelInferResponse step = got.got.get(2 * i + 1).getInferResponse();
      assertThat(step.getModelVersion()).isEqualTo(version);
      assertThat(step.getParametersOrThrow("sequence_step").getInt64Param()).isEqualTo(i + 1);
    }
  }

  /** A sequence that lives through all of it. */
  private final class LongSequence {
    private final String path;
    private final String version;
    private int steps;

    LongSequence() throws Exception {
      JsonNode opened = post("/v1/models/" + MODEL + "/sequences", "{}");
      path = "/v1/sequences/" + opened.get("id").asString();
      version = opened.get("version").asString();
    }

    void step() throws Exception {
      JsonNode answer = post(path + "/step", "{\"x\": %s, \"step\": %d}".formatted(ROW, steps + 1));
      assertThat(answer.get("step").asInt()).isEqualTo(steps + 1);
      steps++;
    }

    /** It has taken the steps that were answered, by the version that it was opened of. */
    void assertExact() throws Exception {
      HttpResponse<String> found =
          http.send(
              HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + path)).build(),
              BodyHandlers.ofString());
      JsonNode sequence = JsonMapper.shared().readTree(found.body());
      assertThat(sequence.get("step").asInt()).isEqualTo(steps);
      assertThat(sequence.get("version").asString()).isEqualTo(version);
    }
  }

  @Test
  void promotionsAndRollBacksLoseNoAnswerAndNoStep() throws Exception {
    put(1);
    put(2);
    registry.label(MODEL, "stable", VersionLabel.of(1));
    registry.label(MODEL, "canary", new VersionLabel(2, 0.3));
    registry.label(MODEL, "next", new VersionLabel(2, 0, 1));
    List<LongSequence> sequences = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      sequences.add(new LongSequence());
    }
    ExecutorService clients = Executors.newCachedThreadPool();
    List<Future<?>> running = new ArrayList<>();
    running.add(client(clients, "HTTP steps", this::stepOverHttp));
    running.add(client(clients, "gRPC calls", this::call));
    for (LongSequence sequence : sequences) {
      running.add(client(clients, "sequences' steps", sequence::step));
    }
    for (int i = 0; i < 2; i++) {
      int client = i;
      AtomicInteger made = new AtomicInteger();
      running.add(client(clients, "gRPC streams", () -> stream(client, made)));
    }
    try {
      for (long next = 3; next < 3 + ROUNDS; next++) {
        Map<String, Integer> seen = counts();
        put(next);
        registry.label(MODEL, "canary", new VersionLabel(next, 0.3));
        registry.label(MODEL, "next", new VersionLabel(next, 0, 1));
        awaitMore(seen);
        registry.label(MODEL, "stable", VersionLabel.of(next));
        registry.label(MODEL, "stable", VersionLabel.of(next - 1));
        registry.unlabel(MODEL, "canary");
        registry.label(MODEL, "stable", VersionLabel.of(next));
        registry.remove(new ModelId(MODEL, next - 2));
        awaitMore(counts());
      }
    } finally {
      isOver.set(true);
    }
    for (Future<?> each : running) {
      each.get();
    }
    clients.shutdown();
    System.out.println(new TreeMap<>(answers) + " answered, " + failures.size() + " failed");
    System.out.println("versions that answered: " + outputs.size() + ", shadows " + outcomes());
    assertThat(failures).isEmpty();
    for (String protocol : List.of("HTTP", "gRPC")) {
      assertThat(outputs.entrySet())
          .filteredOn(each -> each.getKey().startsWith(protocol))
          .extracting(each -> each.getValue()[0])
          .doesNotHaveDuplicates();
    }
    assertThat(outputs.size()).isGreaterThan(2 * ROUNDS);
    for (LongSequence sequence : sequences) {
      sequence.assertExact();
    }
  }

  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    answers.forEach((kind, count) -> counts.put(kind, count.get()));
    return counts;
  }

  /** Every kind of client has had some answers since. */
  private void awaitMore(Map<String, Integer> seen) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !failures.isEmpty() || counts().entrySet().stream().allMatch(isMore(seen)));
    assertThat(failures).isEmpty();
  }

  private static Predicate<Map.Entry<String, Integer>> isMore(Map<String, Integer> seen) {
    return kind -> kind.getValue() > seen.getOrDefault(kind.getKey(), 0) + 1;
  }

  private Map<String, Double> outcomes() {
    Map<String, Double> outcomes = new TreeMap<>();
    for (Counter each : meters.find("keepgate.shadow").tag("model", MODEL).counters()) {
      outcomes.merge(String.valueOf(each.getId().getTag("outcome")), each.count(), Double::sum);
    }
    return outcomes;
  }
}
