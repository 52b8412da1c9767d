package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.RepositoryIndexRequest;
import dev.keepgate.api.oip.proto.ServerLiveRequest;
import dev.keepgate.memory.InFlightMemory;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** What messages and answers hold while they come and go, and what does not fit. */
@TestPropertySource(
    properties = {
      "keepgate.inference.max-in-flight-memory=8MB",
      "keepgate.grpc.max-calls=40",
      "keepgate.batch.full-queue-wait=5s"
    })
class GrpcMemoryTest extends GrpcServerTest {

  private static final int SMALL_WINDOW = 65_535;

  /** Steps of a request whose answer is larger than a small window. */
  private static final int STEPS = 20_000;

  @Autowired private InFlightMemory memory;
  @Autowired private GrpcCalls calls;

  @AfterEach
  void everythingIsGivenBack() {
    disconnect();
    Awaitility.await().until(() -> memory.requestUsed() + memory.answerUsed() + calls.open() == 0);
  }

  /** Sends bytes as they are. */
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private Status ask(MethodDescriptor<?, ?> method, byte[] message) {
    try {
      ClientCalls.blockingUnaryCall(
          channel(), method.toBuilder(BYTES, BYTES).build(), CallOptions.DEFAULT, message);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private Status infer(byte[] message) {
    return ask(GRPCInferenceServiceGrpc.getModelInferMethod(), message);
  }

  /** A request of the model, one of whose inputs is a megabyte of nothing that can be decoded. */
  private static byte[] undecodable(String model) {
    byte[] head = ModelInferRequest.newBuilder().setModelName(model).build().toByteArray();
    // Field 5, of length 2^20; a field of number 0 does not exist.
    byte[] prefix = {5 << 3 | 2, (byte) 0x80, (byte) 0x80, 0x40};
    return ByteString.copyFrom(head)
        .concat(ByteString.copyFrom(prefix))
        .concat(ByteString.copyFrom(new byte[1 << 20]))
        .toByteArray();
  }

  @Test
  void unknownModelCostsNoDecoding() {
    assertThat(infer(undecodable("none")).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    Status known = infer(undecodable(CELL));
    assertThat(known.getCode()).as("%s", known).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(known.getDescription()).contains("no ModelInferRequest");
    Status other = ask(GRPCInferenceServiceGrpc.getServerReadyMethod(), new byte[10]);
    assertThat(other.getCode()).as("%s", other).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void whatNeverFitsIsRefused() {
    int most = (int) MessageMemory.largest(memory);
    Status larger = infer(new byte[most + 1]);
    assertThat(larger.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(larger.getDescription()).contains("maximum size " + most);
    // Two bytes of the message for an object of two hundred.
    byte[] empty = new byte[1 << 20];
    for (int i = 0; i < empty.length; i += 2) {
      empty[i] = 5 << 3 | 2;
    }
    Status many =
        infer(
            ByteString.copyFrom(
                    ModelInferRequest.newBuilder().setModelName(CELL).build().toByteArray())
                .concat(ByteString.copyFrom(empty))
                .toByteArray());
    assertThat(many.getCode()).as("%s", many).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(many.getDescription()).contains("bytes of memory");
    Status head = infer(step().setId("i".repeat(100_000)).build().toByteArray());
    assertThat(head.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    Status other = ask(GRPCInferenceServiceGrpc.getServerLiveMethod(), new byte[100_000]);
    assertThat(other.getCode()).as("%s", other).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void packedMessagesAreCountedAsTheyUnpack() {
    ModelInferRequest large = unroll(60_000).build();
    assertThat(stub().withCompression("gzip").modelInfer(large).getModelName())
        .isEqualTo("notebook-sequence");
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().withCompression("gzip").modelInfer(unroll(150_000).build()))
        .satisfies(
            e ->
                assertThat(e.getStatus().getCode())
                    .as("%s", e.getStatus())
                    .isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
  }

  @Test
  void manyLargeMessagesAreAnsweredOrRefused() throws Exception {
    ModelInferRequest large = unroll(60_000).build();
    int clients = 16;
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<Status.Code>> codes = new ArrayList<>();
      for (int i = 0; i < 3 * clients; i++) {
        codes.add(threads.submit(() -> code(large)));
      }
      List<Status.Code> seen = new ArrayList<>();
      for (Future<Status.Code> code : codes) {
        seen.add(code.get());
      }
      assertThat(seen)
          .contains(Status.Code.OK)
          .allMatch(each -> each == Status.Code.OK || each == Status.Code.RESOURCE_EXHAUSTED);
    } finally {
      threads.shutdownNow();
    }
    assertThat(stub().modelInfer(step().build()).getModelName()).isEqualTo(CELL);
  }

  private Status.Code code(ModelInferRequest request) {
    ManagedChannel own = channel(port());
    try {
      var unused = GRPCInferenceServiceGrpc.newBlockingStub(own).modelInfer(request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    } finally {
      own.shutdownNow();
    }
  }

  @Test
  void messagesThatAreHeldLeaveRoomForOthers() throws Exception {
    List<OpenMessage> held = new ArrayList<>();
    try {
      for (int i = 0; i < 36; i++) {
        held.add(new OpenMessage(port(), 1_000_000, 65_000));
      }
      Awaitility.await().until(() -> memory.requestUsed() > memory.requestTotal() / 2);
      for (int i = 0; i < 50; i++) {
        assertThat(stub().modelInfer(step().build()).getModelName()).isEqualTo(CELL);
      }
      assertThat(memory.requestUsed()).isLessThanOrEqualTo(memory.requestTotal());
    } finally {
      for (OpenMessage message : held) {
        message.close();
      }
    }
  }

  @Test
  void oneMoreCallThanMayBeIsRefused() {
    List<StreamObserver<ModelInferRequest>> streams = new ArrayList<>();
    List<GrpcStreamTest.Answers> answers = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      GrpcStreamTest.Answers answer = new GrpcStreamTest.Answers();
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answer);
      stream.onNext(step().build());
      streams.add(stream);
      answers.add(answer);
    }
    Awaitility.await().until(() -> answers.stream().allMatch(answer -> answer.got.size() == 1));
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().modelInfer(step().build()))
        .satisfies(
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .withMessageContaining("40 calls");
    assertThat(stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(
            HealthGrpc.newBlockingStub(channel())
                .check(HealthCheckRequest.getDefaultInstance())
                .isInitialized())
        .isTrue();
    streams.forEach(StreamObserver::onCompleted);
    answers.forEach(answer -> assertThat(answer.end.join()).isEqualTo(Status.OK));
    Awaitility.await()
        .ignoreExceptionsMatching(StatusRuntimeException.class::isInstance)
        .until(
            () ->
                stub()
                    .repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                    .isInitialized());
  }

  /** A client that takes little at once, and answers only when it is asked to. */
  private ManagedChannel slowClient() {
    return NettyChannelBuilder.forAddress("localhost", port())
        .usePlaintext()
        .flowControlWindow(SMALL_WINDOW)
        .build();
  }

  @Test
  void answerIsCountedUntilItHasLeft() {
    ManagedChannel slow = slowClient();
    try {
      ClientCall<ModelInferRequest, ModelInferResponse> call =
          slow.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), CallOptions.DEFAULT);
      CompletableFuture<Status> end = new CompletableFuture<>();
      CompletableFuture<ModelInferResponse> answer = new CompletableFuture<>();
      CompletableFuture<Metadata> begun = new CompletableFuture<>();
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onHeaders(Metadata headers) {
              begun.complete(headers);
            }

            @Override
            public void onMessage(ModelInferResponse message) {
              answer.complete(message);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.sendMessage(
          unroll(STEPS)
              .clearParameters()
              .putParameters("return_sequences", parameter(true))
              .build());
      call.halfClose();
      begun.join();
      // The answer begins to come when all of it was made.
      assertThat(memory.answerUsed()).isPositive();
      assertThat(memory.requestUsed()).isZero();
      call.request(1);
      assertThat(answer.join().getOutputs(0).getShape(1)).isEqualTo(STEPS);
      assertThat(end.join()).isEqualTo(Status.OK);
    } finally {
      slow.shutdownNow();
    }
  }

  @Test
  void answersThatAStreamsClientDoesNotReadAreBounded() {
    ManagedChannel slow = slowClient();
    try {
      var call =
          slow.newCall(GRPCInferenceServiceGrpc.getModelStreamInferMethod(), CallOptions.DEFAULT);
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      ModelInferRequest request =
          unroll(STEPS)
              .clearParameters()
              .putParameters("return_sequences", parameter(true))
              .build();
      // Few enough to be decoded side by side: of more, those that wait for memory are refused.
      for (int i = 0; i < 4; i++) {
        call.sendMessage(request);
      }
      Awaitility.await().until(() -> memory.answerUsed() > memory.answerTotal() / 8);
      assertThat(memory.answerUsed()).isLessThanOrEqualTo(memory.answerTotal());
      call.cancel("gone", null);
      Awaitility.await().until(() -> memory.answerUsed() == 0);
    } finally {
      slow.shutdownNow();
    }
  }
}
