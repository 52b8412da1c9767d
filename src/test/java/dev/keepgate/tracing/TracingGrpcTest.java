package dev.keepgate.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.InferTensorContents;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What a collector receives of calls over gRPC. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "management.opentelemetry.tracing.export.schedule-delay=50ms",
      "management.tracing.sampling.probability=0"
    })
class TracingGrpcTest implements OwnRepository {

  private static final TraceCollector COLLECTOR = TraceCollector.start();

  private final String trace = hex(16);
  private final String caller = hex(8);

  @Autowired private GrpcServerLifecycle grpc;
  @Autowired private MeterRegistry meters;
  private ManagedChannel channel;

  @DynamicPropertySource
  static void collector(DynamicPropertyRegistry registry) {
    registry.add("management.opentelemetry.tracing.export.otlp.endpoint", COLLECTOR::endpoint);
  }

  @AfterAll
  static void stop() {
    COLLECTOR.close();
  }

  @BeforeEach
  void connect() {
    channel = NettyChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  private static String hex(int bytes) {
    byte[] id = new byte[bytes];
    new Random().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private Channel traced() {
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-%s-%s-01".formatted(trace, caller));
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  private static ModelInferRequest step() {
    return ModelInferRequest.newBuilder()
        .setModelName("notebook-cell")
        .addInputs(
            ModelInferRequest.InferInputTensor.newBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addAllShape(List.of(1L, 1L, 6L))
                .setContents(
                    InferTensorContents.newBuilder()
                        .addAllFp32Contents(List.of(1f, 2f, 3f, 4f, 3f, 2f))))
        .build();
  }

  /** The spans of this test's trace, once so many inferences are there and the call itself. */
  private List<Span> spans(String call, int inferences) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> COLLECTOR.spans(trace),
            spans ->
                spans.stream().filter(span -> span.getName().startsWith("inference ")).count()
                        == inferences
                    && spans.stream().anyMatch(span -> span.getName().endsWith(call)));
  }

  private void assertBelowCall(List<Span> spans, String name) {
    Span call =
        spans.stream().filter(span -> span.getName().endsWith(name)).findFirst().orElseThrow();
    assertThat(TraceCollector.hex(call.getParentSpanId())).isEqualTo(caller);
    assertThat(spans)
        .filteredOn(span -> span.getName().startsWith("inference "))
        .allMatch(span -> span.getParentSpanId().equals(call.getSpanId()));
    assertThat(spans).anyMatch(span -> span.getName().equals("compute"));
  }

  @Test
  void callIsBelowItsCaller() {
    ModelInferResponse response =
        GRPCInferenceServiceGrpc.newBlockingStub(traced()).modelInfer(step());
    assertThat(response.getModelName()).isEqualTo("notebook-cell");
    assertBelowCall(spans("ModelInfer", 1), "ModelInfer");
    // Counted by its observation alone, under the names and tags of those that are not traced.
    assertThat(meters.get("grpc.server").tag("rpc.method", "ModelInfer").timer().count())
        .isEqualTo(1);
    assertThat(meters.get("grpc.server").tag("rpc.method", "ModelInfer").timer().getId().getTags())
        .extracting(Tag::getKey)
        .containsExactlyInAnyOrder(
            "error", "grpc.status_code", "rpc.method", "rpc.service", "rpc.type");
    assertThat(meters.get("grpc.server.received").tag("rpc.method", "ModelInfer").counter().count())
        .isEqualTo(1);
    assertThat(meters.get("grpc.server.sent").counter().getId().getTags())
        .extracting(Tag::getKey)
        .containsExactlyInAnyOrder("grpc.status_code", "rpc.method", "rpc.service", "rpc.type");
  }

  @Test
  void requestsOfAStreamAreBelowIt() {
    CompletableFuture<Integer> answered = new CompletableFuture<>();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(traced())
            .modelStreamInfer(
                new StreamObserver<>() {
                  private int count;

                  @Override
                  public void onNext(ModelStreamInferResponse response) {
                    count++;
                  }

                  @Override
                  public void onError(Throwable e) {
                    answered.completeExceptionally(e);
                  }

                  @Override
                  public void onCompleted() {
                    answered.complete(count);
                  }
                });
    for (int i = 0; i < 3; i++) {
      stream.onNext(step());
    }
    stream.onCompleted();
    assertThat(answered).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(3);
    assertBelowCall(spans("ModelStreamInfer", 3), "ModelStreamInfer");
  }
}
