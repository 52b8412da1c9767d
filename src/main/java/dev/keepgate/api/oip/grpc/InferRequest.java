package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.PendingAnswer;
import io.grpc.Context;
import io.grpc.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request of the current call, and how far it is: a connection's thread may {@link #begin} it,
 * and has the rest done by a thread that may wait.
 */
final class InferRequest {

  private final Inference inference;
  private final InferMessage message;
  private final double point;
  private final InferGrpcExchange exchange;
  private @Nullable InferenceCall call;
  private @Nullable PendingAnswer<ModelInferResponse> pending;

  /**
   * @param point where in [0, 1) of the shares of the model's labels it falls; NaN to draw that
   */
  InferRequest(Inference inference, InferMessage message, double point) {
    this.inference = inference;
    this.message = message;
    this.point = point;
    this.exchange = new InferGrpcExchange(message);
  }

  /** A response, and what gives back what it holds once it has left. */
  record Inferred(ModelInferResponse response, Runnable release) {}

  /**
   * Does what waits for nothing.
   *
   * @return whether {@link #infer} does not wait either
   * @throws RuntimeException if the request is refused
   */
  boolean begin() {
    if (message.sequence() != null) {
      return false;
    }
    InferenceCall opened = open();
    boolean begun = false;
    try {
      if (opened.tryAdmit()) {
        pending = opened.begin(exchange, exchange);
      }
      call = opened;
      begun = true;
      return pending != null && pending.isDone();
    } finally {
      if (!begun) {
        opened.close();
      }
    }
  }

  /**
   * Waits for the response.
   *
   * @throws RuntimeException if there is none
   */
  Inferred infer() {
    try (InferenceCall own = call == null ? open() : call) {
      ModelInferResponse response =
          pending == null ? own.infer(exchange, exchange) : pending.answer();
      return new Inferred(response, own.retainAnswer());
    } catch (IOException e) {
      throw new IllegalStateException("a message is written without any I/O", e);
    }
  }

  private InferenceCall open() {
    return message.open(inference, point, timeLeft());
  }

  private static @Nullable Duration timeLeft() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? null : Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }
}
