package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ServerLiveRequest;
import dev.keepgate.batch.BatchListener;
import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.batch.Permit;
import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.TestPropertySource;

/** Calls that are alone, and are answered by the thread of their connection. */
@TestPropertySource(
    properties = {
      "keepgate.batch.workers=1",
      "keepgate.batch.queue-capacity=8",
      "keepgate.batch.full-queue-wait=10s"
    })
class GrpcLoneCallTest extends GrpcServerTest {

  private static final String CONNECTION = "keepgate-grpc-io";

  @Autowired private Computing computing;
  @Autowired private BatchScheduler scheduler;
  @Autowired private ModelRegistry registry;
  @Autowired private InFlightMemory memory;
  @Autowired private GrpcCalls calls;

  @TestConfiguration
  static class WithComputing {
    @Bean
    Computing computing() {
      return new Computing();
    }
  }

  /** Knows which threads compute, and may keep one from it. */
  static final class Computing implements BatchListener {
    private final Set<String> threads = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    @Override
    public void stepping(int rows) {
      threads.add(Thread.currentThread().getName());
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    boolean by(String name) {
      return threads.stream().anyMatch(thread -> thread.startsWith(name));
    }
  }

  @AfterEach
  void nothingIsLeft() {
    computing.gate.countDown();
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(calls.open()).isZero();
              assertThat(memory.requestUsed() + memory.answerUsed()).isZero();
              assertThat(scheduler.admitted()).isZero();
            });
    computing.threads.clear();
  }

  private void assertExact(ModelInferResponse response) {
    assertThat(floats(response.getRawOutputContents(0))).containsExactly(OUTPUT, EXACTLY);
  }

  /** The one worker looks for work of its own after that of the test before. */
  private void awaitIdleWorker() {
    Awaitility.await()
        .untilAsserted(
            () -> {
              computing.threads.clear();
              assertExact(stub().modelInfer(step().build()));
              assertThat(computing.by(CONNECTION)).isTrue();
            });
    computing.threads.clear();
  }

  private Permit permit() throws InterruptedException {
    try (ModelHandle handle = registry.acquire(ModelRequest.latest(CELL))) {
      return scheduler.acquire(handle.model(), OptionalLong.empty());
    }
  }

  private Future<ModelInferResponse> later(ModelInferRequest request) {
    return GRPCInferenceServiceGrpc.newFutureStub(channel()).modelInfer(request);
  }

  private CompletableFuture<HttpResponse<String>> stepOverHttp() {
    URI uri = URI.create("http://localhost:%d/v1/models/%s/step".formatted(httpPort, CELL));
    return HttpClient.newHttpClient()
        .sendAsync(
            HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"x\": [[1, 2, 3, 4, 3, 2]]}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private void assertConnectionAnswers() {
    for (int i = 0; i < 3; i++) {
      assertThat(
              stub()
                  .withDeadlineAfter(20, TimeUnit.SECONDS)
                  .serverLive(ServerLiveRequest.getDefaultInstance())
                  .getLive())
          .isTrue();
    }
  }

  @Test
  void theConnectionsThreadComputes() {
    awaitIdleWorker();
    for (int i = 0; i < 20; i++) {
      assertExact(stub().modelInfer(step().build()));
    }
    assertThat(computing.threads).isNotEmpty().allMatch(thread -> thread.startsWith(CONNECTION));
  }

  @Test
  void whatMayWaitOrTakesLongIsAnothersWork() {
    awaitIdleWorker();
    assertExact(stub().withCompression("gzip").modelInfer(step().build()));
    assertExact(stub().modelInfer(sequenceStep("kept", true, true)));
    ModelInferResponse unrolled = stub().modelInfer(unroll(4000).build());
    assertThat(unrolled.getOutputsCount()).isPositive();
    assertThat(computing.by(CONNECTION)).isFalse();
    assertThat(computing.threads).isNotEmpty();
  }

  @Test
  void connectionGoesOnWhileItsCallWaitsForTheWorker() throws Exception {
    awaitIdleWorker();
    computing.gate = new CountDownLatch(1);
    CompletableFuture<HttpResponse<String>> holding = stepOverHttp();
    Awaitility.await().until(() -> !computing.threads.isEmpty());
    Future<ModelInferResponse> waiting = later(step().build());
    Awaitility.await().until(() -> scheduler.queued() == 1);
    assertConnectionAnswers();
    assertThat(waiting.isDone()).isFalse();
    computing.gate.countDown();
    assertExact(waiting.get(20, TimeUnit.SECONDS));
    assertThat(holding.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(computing.by(CONNECTION)).isFalse();
  }

  @Test
  void connectionGoesOnWhileItsCallWaitsToBeLetIn() throws Exception {
    awaitIdleWorker();
    List<Permit> permits = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      permits.add(permit());
    }
    Future<ModelInferResponse> waiting = later(step().build());
    Awaitility.await().until(() -> calls.open() == 1);
    assertConnectionAnswers();
    assertThat(waiting.isDone()).isFalse();
    permits.forEach(Permit::release);
    assertExact(waiting.get(20, TimeUnit.SECONDS));
  }

  @Test
  void connectionGoesOnAfterADeadlineAndARefusal() throws Exception {
    awaitIdleWorker();
    List<Permit> permits = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      permits.add(permit());
    }
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(
            () -> stub().withDeadlineAfter(50, TimeUnit.MILLISECONDS).modelInfer(step().build()))
        .satisfies(
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    permits.forEach(Permit::release);
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().modelInfer(step().setModelName("none").build()))
        .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    ModelInferRequest.Builder shapeless = step();
    shapeless.setInputs(0, input("x", "FP32", 2, 1, 7));
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().modelInfer(shapeless.build()))
        .satisfies(
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    assertExact(stub().modelInfer(step().build()));
  }

  /** Clients come and pause at random: from alone to six at once and back, on two connections. */
  @Test
  void eachIsAnsweredThroughEveryChangeOver() throws Exception {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("GrpcLoneCallTest seed " + seed);
    awaitIdleWorker();
    int clients = 6;
    int each = 300;
    List<ByteString> expected =
        stub().modelInfer(step().build()).getRawOutputContentsList().stream().toList();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    ManagedChannel other = channel(port());
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        Random random = new Random(seed + client);
        GRPCInferenceServiceBlockingStub stub =
            client % 2 == 0 ? stub() : GRPCInferenceServiceGrpc.newBlockingStub(other);
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    if (random.nextInt(4) == 0) {
                      LockSupport.parkNanos(random.nextInt(20_000_000));
                    }
                    ModelInferResponse response =
                        stub.modelInfer(step().setId(Integer.toString(i)).build());
                    assertThat(response.getId()).isEqualTo(Integer.toString(i));
                    for (int output = 0; output < expected.size(); output++) {
                      assertThat(floats(response.getRawOutputContents(output)))
                          .containsExactly(floats(expected.get(output)), EXACTLY);
                    }
                  }
                }));
      }
      for (Future<?> client : all) {
        client.get(2, TimeUnit.MINUTES);
      }
    } finally {
      other.shutdownNow();
      threads.shutdownNow();
    }
    assertThat(computing.by(CONNECTION)).as("alone").isTrue();
    assertThat(computing.threads)
        .as("in company")
        .anyMatch(thread -> !thread.startsWith(CONNECTION));
  }
}
