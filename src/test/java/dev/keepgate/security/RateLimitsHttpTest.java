package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.api.oip.proto.ServerMetadataRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/** Callers who ask more often than they may, and those whom nobody knows. */
@TestPropertySource(properties = "keepgate.security.failures-per-second=3")
class RateLimitsHttpTest extends KeyedServerTest {

  private static final ApiKey SLOW = ApiKey.mint();
  private static final ApiKey SLOW_STREAM = ApiKey.mint();
  private static final ApiKey SLOW_GRPC = ApiKey.mint();

  @Autowired private GrpcServerLifecycle grpc;

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(
        properties,
        KeysFile.entry("slow", SLOW, List.of(Role.INFER)) + "    requests-per-second: 2\n",
        KeysFile.entry("slow-stream", SLOW_STREAM, List.of(Role.INFER))
            + "    requests-per-second: 2\n",
        KeysFile.entry("slow-grpc", SLOW_GRPC, List.of(Role.INFER))
            + "    requests-per-second: 2\n");
  }

  private HttpResponse<String> untilRefused(String path, String key, int allowed) throws Exception {
    for (int i = 0; i < 100; i++) {
      HttpResponse<String> answer = send("GET", path, key, null);
      if (answer.statusCode() != allowed) {
        return answer;
      }
    }
    throw new AssertionError("a hundred requests were let through");
  }

  @Test
  void callerIsToldWhenToComeBack() throws Exception {
    HttpResponse<String> refused = untilRefused("/v1/models", SLOW.text(), 200);
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(json(refused).path("type").asString())
        .isEqualTo("urn:keepgate:problem:rate-limited");
    assertThat(json(refused).path("detail").asString())
        .isEqualTo("'slow' may send 2 requests a second");
    // Others are not held up.
    for (int i = 0; i < 20; i++) {
      assertThat(send("GET", "/v1/models", TestKeys.text(Role.INFER), null).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void strangersAreBoundedToo() throws Exception {
    HttpResponse<String> refused = untilRefused("/v1/models", "kg_wrong", 401);
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(send("GET", "/v1/models", TestKeys.text(Role.INFER), null).statusCode())
        .isEqualTo(200);
  }

  @Test
  void messagesOfAStreamAreBoundedAlike() throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), SLOW_STREAM.text());
      List<String> errors = new CopyOnWriteArrayList<>();
      CountDownLatch ended = new CountDownLatch(1);
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .modelStreamInfer(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(ModelStreamInferResponse answer) {
                      errors.add(answer.getErrorMessage());
                    }

                    @Override
                    public void onError(Throwable e) {
                      errors.add(String.valueOf(e));
                      ended.countDown();
                    }

                    @Override
                    public void onCompleted() {
                      ended.countDown();
                    }
                  });
      for (int i = 0; i < 50; i++) {
        stream.onNext(ModelInferRequest.newBuilder().setModelName("notebook-cell").build());
      }
      stream.onCompleted();
      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(errors).hasSize(50).anyMatch(error -> error.contains("2 requests a second"));
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void callsOverGrpcAreBoundedAlike() {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), SLOW_GRPC.text());
      var stub =
          GRPCInferenceServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      Status refused = Status.OK;
      for (int i = 0; i < 100 && refused.isOk(); i++) {
        try {
          stub.serverMetadata(ServerMetadataRequest.getDefaultInstance());
        } catch (StatusRuntimeException e) {
          refused = e.getStatus();
        }
      }
      assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.getDescription()).contains("2 requests a second; try again in 0.");
    } finally {
      channel.shutdownNow();
    }
  }
}
