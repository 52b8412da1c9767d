package dev.keepgate.deploy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests whose memory adds up far beyond the heap: each is answered or refused, others are
 * answered meanwhile, and afterwards all memory is free again.
 */
class MemoryIT {

  private static final String STEP = "/v1/models/notebook-cell/step";
  private static final String SMALL = "{\"x\":[[1,2,3,4,3,2]]}";
  private static final int CLIENTS = 8;
  private static final int SILENT = 1000;

  /** Smaller bodies fit into the sockets' buffers. */
  private static final int SENT_AT_ONCE = 1 << 20;

  private static final int REFUSED_WHILE_SENDING = 0;

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();

  /** How often each kind of request was answered with a status. */
  private final Map<String, ConcurrentMap<Integer, Integer>> answers = new ConcurrentHashMap<>();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"256m", "512m", "1g"})
  void noLoadEndsInWantOfMemory(String heap) throws Exception {
    Path log = folder.resolve("server-" + heap + ".log");
    try (ServerProcess process =
        ServerProcess.start(List.of("-Xmx" + heap), folder.resolve(heap), log)) {
      Server server = process.server();
      assertThat(server.put("wide", 1, model(64, 64))).isEqualTo(201);
      assertThat(server.put("tall", 1, model(1, 512))).isEqualTo(201);
      List<HeldRequest> silent = new ArrayList<>();
      try {
        for (int i = 0; i < SILENT; i++) {
          silent.add(HeldRequest.announce(server, STEP, 60_000_000));
        }
        attack(server, "large JSON", "/v1/models/wide/unroll?return_sequences=false", json(), null);
        attack(server, "large outputs", "/v1/models/tall/unroll", steps(20_000), null);
        attack(server, "many rows", "/v1/models/tall/step", steps(20_000), null);
        attack(server, "traces", "/v1/models/tall/unroll?trace=true", steps(5_000), null);
        attack(server, "packed", "/v2/models/wide/infer", packed(), "gzip");
        attack(server, "late", "/v1/models/tall/unroll?deadline=1ms", steps(2_000), null);
      } finally {
        for (HeldRequest each : silent) {
          each.close();
        }
      }
      answers.forEach(
          (kind, statuses) ->
              assertThat(statuses.keySet())
                  .as("%s with %s: %s", kind, heap, statuses)
                  .isSubsetOf(
                      200, 413, 429, REFUSED_WHILE_SENDING, kind.equals("late") ? 504 : 429));
      System.out.printf("MemoryIT %s %s%n", heap, answers);
      assertThat(Files.readString(log)).doesNotContain("OutOfMemoryError");
      Awaitility.await("all memory in flight is given back")
          .atMost(Duration.ofMinutes(1))
          .until(() -> inFlight(server) == 0);
      assertThat(server.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
    }
  }

  /**
   * Several clients at once send the same large request, while another goes on with small steps.
   */
  private void attack(Server server, String kind, String path, byte[] body, @Nullable String coding)
      throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      running.add(clients.submit(() -> count(kind, send(server, path, body, coding))));
    }
    int answered = 0;
    while (!running.stream().allMatch(Future::isDone)) {
      int status = send(server, STEP, SMALL.getBytes(US_ASCII), null);
      count("steps beside " + kind, status);
      answered += status == 200 ? 1 : 0;
      TimeUnit.MILLISECONDS.sleep(20);
    }
    for (Future<?> each : running) {
      each.get();
    }
    clients.shutdown();
    while (answered == 0) {
      answered += send(server, STEP, SMALL.getBytes(US_ASCII), null) == 200 ? 1 : 0;
    }
  }

  private Object count(String kind, int status) {
    return answers
        .computeIfAbsent(kind, k -> new ConcurrentHashMap<>())
        .merge(status, 1, Integer::sum);
  }

  private int send(Server server, String path, byte[] body, @Nullable String coding)
      throws IOException, InterruptedException {
    URI uri = server.address().resolve(path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofMinutes(2))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(body));
    if (coding != null) {
      request.header("Content-Encoding", coding);
    }
    try {
      return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      // A connection that ends under a body that is still sent can take its answer with it
      // (RFC 9112, 9.6); whoever has sent all of it hears.
      if (body.length < SENT_AT_ONCE) {
        throw e;
      }
      return REFUSED_WHILE_SENDING;
    }
  }

  private static double inFlight(Server server) throws IOException, InterruptedException {
    String page = new String(server.get("/actuator/prometheus").body(), UTF_8);
    return page.lines()
        .filter(line -> line.startsWith("keepgate_memory_in_flight_bytes{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static HttpRequest.BodyPublisher model(int input, int hidden) {
    return BodyPublishers.ofByteArray(ModelBytes.pytorch(input, hidden, 1));
  }

  /** 20 MB of numbers, 64 a step. */
  private static byte[] json() {
    String row = "[" + String.join(",", Collections.nCopies(64, "0.12345")) + "]";
    return ("{\"x\":[" + String.join(",", Collections.nCopies(40_000, row)) + "]}")
        .getBytes(US_ASCII);
  }

  private static byte[] steps(int count) {
    return ("{\"x\":[" + String.join(",", Collections.nCopies(count, "[0]")) + "]}")
        .getBytes(US_ASCII);
  }

  /** A few KB that unpack to 60 MB. */
  private static byte[] packed() throws IOException {
    int steps = 470_000;
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(
          ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,"
                  + steps
                  + ",64],\"data\":[0")
              .getBytes(US_ASCII));
      byte[] zeros = ",0".repeat(64).getBytes(US_ASCII);
      for (int i = 0; i < steps; i++) {
        out.write(zeros, 0, i == 0 ? zeros.length - 2 : zeros.length);
      }
      out.write("]}]}".getBytes(US_ASCII));
    }
    return packed.toByteArray();
  }
}
