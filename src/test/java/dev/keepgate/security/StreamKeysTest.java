package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Streams that are open while their caller's key changes. */
class StreamKeysTest extends KeyedServerTest {

  private static final ApiKey KEY = ApiKey.mint();
  private static Path file = Path.of("keys.yml");

  @Autowired private GrpcServerLifecycle grpc;

  private final BlockingQueue<String> errors = new LinkedBlockingQueue<>();

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    file = TestKeys.use(properties, KeysFile.entry("streaming", KEY, List.of(Role.INFER)));
  }

  private void replace(String further, int status) throws IOException {
    Path fresh =
        Files.writeString(file.resolveSibling("fresh.yml"), TestKeys.ofEveryRole() + further);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Awaitility.await()
        .until(() -> send("POST", STEP, KEY.text(), STEP_BODY).statusCode() == status);
  }

  private String answer(StreamObserver<ModelInferRequest> stream) throws InterruptedException {
    stream.onNext(ModelInferRequest.newBuilder().setModelName("notebook-cell").build());
    return String.valueOf(errors.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void messageIsLetInByWhatItsCallerMayDoNow() throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), KEY.text());
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .modelStreamInfer(answers());
      // It has no inputs, which is told to who may ask.
      assertThat(answer(stream)).contains("inputs");
      replace(KeysFile.entry("streaming", KEY, List.of(Role.OBSERVE)), 403);
      assertThat(answer(stream)).contains("needs the role infer");
      replace("", 401);
      assertThat(answer(stream)).contains("taken away");
      replace(KeysFile.entry("streaming", KEY, List.of(Role.INFER)), 200);
      assertThat(answer(stream)).contains("inputs");
      stream.onCompleted();
    } finally {
      channel.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " "})
  void blankMetadataCountsAsNone(String blank) throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), blank);
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
          "Bearer " + TestKeys.text(Role.INFER));
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .modelStreamInfer(answers());
      assertThat(answer(stream)).contains("inputs");
      stream.onCompleted();
    } finally {
      channel.shutdownNow();
    }
  }

  private StreamObserver<ModelStreamInferResponse> answers() {
    return new StreamObserver<>() {
      @Override
      public void onNext(ModelStreamInferResponse response) {
        errors.add(response.getErrorMessage());
      }

      @Override
      public void onError(Throwable e) {
        errors.add(String.valueOf(e));
      }

      @Override
      public void onCompleted() {}
    };
  }
}
