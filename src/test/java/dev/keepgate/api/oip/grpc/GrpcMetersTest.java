package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Calls that are not traced are timed and counted once, by method and status. */
class GrpcMetersTest extends GrpcServerTest {

  @Autowired private MeterRegistry meters;

  private long calls(String method, Status.Code status) {
    return meters
        .find("grpc.server")
        .tags("rpc.service", "inference.GRPCInferenceService", "rpc.method", method)
        .tags("grpc.status_code", status.name(), "error", "none")
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  private long messages(String which, String method) {
    return (long)
        meters.find("grpc.server." + which).tag("rpc.method", method).counters().stream()
            .mapToDouble(Counter::count)
            .sum();
  }

  /** How often calls and messages were counted: OK, NOT_FOUND, received, sent. */
  private long[] counts(String method) {
    return new long[] {
      calls(method, Status.Code.OK),
      calls(method, Status.Code.NOT_FOUND),
      messages("received", method),
      messages("sent", method)
    };
  }

  private void assertGrew(String method, long[] before, long... by) {
    // An answer may be there before its call is over.
    Awaitility.await()
        .untilAsserted(
            () -> {
              long[] now = counts(method);
              for (int i = 0; i < by.length; i++) {
                assertThat(now[i] - before[i]).as("%s %d", method, i).isEqualTo(by[i]);
              }
            });
  }

  @Test
  void callsAreCountedByTheirStatus() {
    long[] before = counts("ModelInfer");
    for (int i = 0; i < 2; i++) {
      assertThat(stub().modelInfer(step().build()).getOutputsCount()).isPositive();
    }
    assertThatThrownBy(() -> stub().modelInfer(step().setModelName("none").build()))
        .isInstanceOf(StatusRuntimeException.class);
    assertGrew("ModelInfer", before, 2, 1, 3, 2);
  }

  @Test
  void streamIsOneCallOfItsMessages() {
    long[] before = counts("ModelStreamInfer");
    GrpcStreamTest.Answers answers = new GrpcStreamTest.Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    for (int i = 0; i < 3; i++) {
      stream.onNext(step().build());
    }
    // While it goes on.
    assertGrew("ModelStreamInfer", before, 0, 0, 3, 3);
    stream.onCompleted();
    assertThat(answers.end.join()).isEqualTo(Status.OK);
    assertGrew("ModelStreamInfer", before, 1, 0, 3, 3);
  }

  @Test
  void methodsThatClientsInventHaveNoMeters() {
    MethodDescriptor<ModelInferRequest, ModelInferRequest> invented =
        GRPCInferenceServiceGrpc.getModelInferMethod().toBuilder(
                GRPCInferenceServiceGrpc.getModelInferMethod().getRequestMarshaller(),
                GRPCInferenceServiceGrpc.getModelInferMethod().getRequestMarshaller())
            .setFullMethodName("inference.GRPCInferenceService/Invented")
            .build();
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel(), invented, CallOptions.DEFAULT, step().build()))
        .hasMessageContaining("UNIMPLEMENTED");
    assertThat(meters.getMeters())
        .noneMatch(meter -> "Invented".equals(meter.getId().getTag("rpc.method")));
  }
}
