package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** Streams of requests, and clients that leave before they have their answer. */
@TestPropertySource(properties = {"keepgate.grpc.stream-window=8", "keepgate.batch.workers=1"})
class GrpcStreamTest extends GrpcServerTest {

  private static final int LONG = 150_000;

  @Autowired private ModelRegistry registry;

  /** Collects what a stream answers, and how it ends. */
  static final class Answers
      implements ClientResponseObserver<ModelInferRequest, ModelStreamInferResponse> {
    final List<ModelStreamInferResponse> got = Collections.synchronizedList(new ArrayList<>());
    final CompletableFuture<Status> end = new CompletableFuture<>();
    @Nullable ClientCallStreamObserver<ModelInferRequest> requests;

    @Override
    public void beforeStart(ClientCallStreamObserver<ModelInferRequest> stream) {
      requests = stream;
    }

    @Override
    public void onNext(ModelStreamInferResponse response) {
      got.add(response);
    }

    @Override
    public void onError(Throwable e) {
      end.complete(Status.fromThrowable(e));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }

  @Test
  void answersInOrderAndKeepsEachSequencesState() {
    Answers answers = new Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    int steps = 60;
    for (int i = 0; i < steps; i++) {
      for (String sequence : List.of("one", "two")) {
        stream.onNext(
            sequenceStep(sequence, i == 0, i == steps - 1).toBuilder().setId(sequence + i).build());
      }
      stream.onNext(step().setId("alone" + i).build());
    }
    stream.onCompleted();
    assertThat(answers.end.join()).isEqualTo(Status.OK);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      ids.addAll(List.of("one" + i, "two" + i, "alone" + i));
    }
    assertThat(answers.got)
        .allSatisfy(answer -> assertThat(answer.getErrorMessage()).isEmpty())
        .extracting(answer -> answer.getInferResponse().getId())
        .containsExactlyElementsOf(ids);
    ByteString h = raw(new float[8]);
    ByteString c = raw(new float[8]);
    for (int i = 0; i < steps; i++) {
      ModelInferResponse expected = stub().modelInfer(stepFrom(h, c));
      for (int sequence = 0; sequence < 2; sequence++) {
        ModelInferResponse answer = answers.got.get(3 * i + sequence).getInferResponse();
        assertThat(answer.getRawOutputContentsList())
            .isEqualTo(expected.getRawOutputContentsList());
        assertThat(answer.getParametersOrThrow("sequence_step").getInt64Param()).isEqualTo(i + 1);
      }
      h = expected.getRawOutputContents(1);
      c = expected.getRawOutputContents(2);
    }
  }

  @Test
  void oneRequestsFailureEndsNoStream() {
    Answers answers = new Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    stream.onNext(step().setId("good").build());
    stream.onNext(step().setId("bad").setModelName("none").build());
    stream.onNext(step().setId("good again").build());
    stream.onCompleted();
    assertThat(answers.end.join()).isEqualTo(Status.OK);
    assertThat(answers.got)
        .extracting(answer -> answer.getInferResponse().getId())
        .containsExactly("good", "bad", "good again");
    assertThat(answers.got)
        .extracting(ModelStreamInferResponse::getErrorMessage)
        .containsExactly("", "there is no model 'none'", "");
  }

  private long executions() {
    try (ModelHandle handle = registry.acquire(ModelRequest.latest("notebook-sequence"))) {
      return handle.statistics().executions();
    }
  }

  /** The worker does not go on with what nobody waits for. */
  private void assertLaneIsFree(long before) {
    awaitFreeLane();
    assertThat(executions() - before).isBetween(1L, LONG - 1L);
  }

  private void awaitFreeLane() {
    Awaitility.await()
        .until(
            () -> {
              long seen = executions();
              // A step of another model needs the one worker there is.
              stub().modelInfer(step().build());
              stub().modelInfer(step().build());
              return executions() == seen;
            });
  }

  @Test
  void clientThatLeavesFreesTheLane() {
    long before = executions();
    var call = GRPCInferenceServiceGrpc.newFutureStub(channel()).modelInfer(unroll(LONG).build());
    Awaitility.await()
        .pollDelay(0, TimeUnit.MILLISECONDS)
        .pollInterval(1, TimeUnit.MILLISECONDS)
        .until(() -> executions() > before);
    assertThat(call.cancel(true)).isTrue();
    assertLaneIsFree(before);
  }

  @Test
  void streamThatIsCancelledFreesTheLane() {
    long before = executions();
    Answers answers = new Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    stream.onNext(unroll(LONG).build());
    Awaitility.await()
        .pollDelay(0, TimeUnit.MILLISECONDS)
        .pollInterval(1, TimeUnit.MILLISECONDS)
        .until(() -> executions() > before);
    Objects.requireNonNull(answers.requests).cancel("enough", null);
    assertLaneIsFree(before);
  }

  @Test
  void clientsDeadlineIsHonoured() {
    long before = executions();
    ModelInferRequest request = unroll(LONG).build();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().withDeadlineAfter(60, TimeUnit.MILLISECONDS).modelInfer(request))
        .satisfies(
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    awaitFreeLane();
    assertThat(executions() - before).isLessThan(LONG);
  }
}
