package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.memory.InFlightMemory;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** Clients that do not send the rest, and clients that do not read: both have their time. */
@TestPropertySource(
    properties = {"keepgate.grpc.message-timeout=1s", "keepgate.grpc.max-connections=20"})
class GrpcTimeoutTest extends GrpcServerTest {

  @Autowired private InFlightMemory memory;
  @Autowired private GrpcCalls calls;

  @Test
  void unfinishedMessagesEnd() throws Exception {
    List<OpenMessage> held = new ArrayList<>();
    try {
      for (int i = 0; i < 10; i++) {
        held.add(new OpenMessage(port(), 1_000_000, 60_000));
      }
      Awaitility.await().until(() -> memory.requestUsed() > 10 * 60_000);
      Awaitility.await().until(() -> memory.requestUsed() == 0 && calls.open() == 0);
    } finally {
      for (OpenMessage message : held) {
        message.close();
      }
    }
  }

  @Test
  void requestWithoutAnEndEnds() {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<ModelInferRequest, ?> call = call(channel(), end);
    call.sendMessage(step().build());
    assertThat(end.join().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(end.join().getDescription()).contains("did not come within 1 s");
  }

  private static ClientCall<ModelInferRequest, ?> call(
      ManagedChannel channel, CompletableFuture<Status> end) {
    var call = channel.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    return call;
  }

  @Test
  void answerThatIsNotReadEnds() {
    ManagedChannel slow =
        NettyChannelBuilder.forAddress("localhost", port())
            .usePlaintext()
            .flowControlWindow(65_535)
            .build();
    try {
      CompletableFuture<Status> end = new CompletableFuture<>();
      ClientCall<ModelInferRequest, ?> call = call(slow, end);
      call.sendMessage(
          unroll(20_000)
              .clearParameters()
              .putParameters("return_sequences", parameter(true))
              .build());
      call.halfClose();
      Awaitility.await().until(() -> memory.answerUsed() > 0);
      Awaitility.await().until(() -> memory.answerUsed() == 0 && calls.open() == 0);
      call.request(1);
      assertThat(end.join().getCode()).isEqualTo(Status.Code.CANCELLED);
    } finally {
      slow.shutdownNow();
    }
  }

  /** Only messages have a time, streams may rest. */
  @Test
  void streamMayRest() throws Exception {
    GrpcStreamTest.Answers answers = new GrpcStreamTest.Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    stream.onNext(step().build());
    Awaitility.await().until(() -> answers.got.size() == 1);
    OpenMessage other = new OpenMessage(port(), 1000, 10);
    try {
      Awaitility.await().until(() -> memory.requestUsed() > 0);
      // As long as one message may take, and longer.
      Awaitility.await().until(() -> memory.requestUsed() == 0);
    } finally {
      other.close();
    }
    stream.onNext(step().build());
    stream.onCompleted();
    assertThat(answers.end.join()).isEqualTo(Status.OK);
    assertThat(answers.got).hasSize(2);
  }

  @Test
  void oneMoreConnectionThanMayBeIsClosed() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      // One is this test's own channel.
      for (int i = 0; i < 20; i++) {
        open.add(new Socket(InetAddress.getLoopbackAddress(), port()));
      }
      assertThat(stub().modelInfer(step().build()).getModelName()).isEqualTo(CELL);
      // The server speaks first, if it speaks at all.
      assertThat(open.get(0).getInputStream().read()).isNotEqualTo(-1);
      assertThat(open.get(19).getInputStream().read()).isEqualTo(-1);
      // Those that say nothing have their time too.
      for (Socket silent : open) {
        silent.getInputStream().transferTo(OutputStream.nullOutputStream());
      }
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
