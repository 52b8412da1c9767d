package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ServerReadyRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** Servers that begin without gRPC, or end while its clients are connected. */
class GrpcServerLifeTest {

  @Test
  void gRpcMayBeOff(@TempDir Path models) {
    try (ConfigurableApplicationContext server =
        SpringApplication.run(
            KeepgateApplication.class,
            "--server.port=0",
            "--spring.grpc.server.enabled=false",
            "--keepgate.repository.path=" + models)) {
      assertThat(server.getBeanNamesForType(GrpcServerLifecycle.class)).isEmpty();
      assertThat(server.getEnvironment().getProperty("local.server.port")).isNotNull();
    }
  }

  @Test
  void finishesWhatItHasAndEndsStreams(@TempDir Path models) {
    ConfigurableApplicationContext server =
        SpringApplication.run(
            KeepgateApplication.class, "--server.port=0", "--keepgate.repository.path=" + models);
    ManagedChannel channel =
        GrpcServerTest.channel(server.getBean(GrpcServerLifecycle.class).getPort());
    try {
      var stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
      Awaitility.await()
          .until(() -> stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady());
      GrpcStreamTest.Answers answers = new GrpcStreamTest.Answers();
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel).modelStreamInfer(answers);
      stream.onNext(GrpcServerTest.step().setId("first").build());
      Awaitility.await().until(() -> answers.got.size() == 1);

      server.close();

      assertThat(answers.end.join().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(answers.end.join().getDescription()).contains("shutting down");
      assertThatExceptionOfType(StatusRuntimeException.class)
          .isThrownBy(() -> stub.modelInfer(GrpcServerTest.step().build()))
          .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    } finally {
      channel.shutdownNow();
      server.close();
    }
  }
}
