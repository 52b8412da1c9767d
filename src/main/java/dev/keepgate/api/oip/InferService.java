package dev.keepgate.api.oip;

import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.Admission;
import dev.keepgate.inference.Answer;
import dev.keepgate.inference.Caller;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceListener;
import dev.keepgate.inference.InferenceListener.Stage;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.SequenceAnswer;
import dev.keepgate.inference.SequenceCall;
import dev.keepgate.inference.Sequences;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Computes the protocol's requests, alone or as steps of a sequence. */
@Component
class InferService {

  private final ModelRegistry registry;
  private final Inference inference;
  private final Sequences sequences;
  private final InferenceListener listener;

  InferService(
      ModelRegistry registry,
      Inference inference,
      Sequences sequences,
      InferenceListener listener) {
    this.registry = registry;
    this.inference = inference;
    this.sequences = sequences;
    this.listener = listener;
  }

  /** Hands an answer to whoever asked. */
  interface AnswerWriter<R> {
    R write(InferAnswer answer) throws IOException;
  }

  /** Computes an answer to a request for one operation. */
  private interface Work {
    InferAnswer compute(Operation operation);
  }

  /**
   * Computes a request. A time of 1 is a step; with a {@code sequence_id} the state is the server's
   * (Triton's sequence extension; {@code sequence_step} is ours).
   *
   * @param begun {@link System#nanoTime()} before the request was read
   * @param deadline the transport's own; null for none. The request's {@code timeout} may be sooner
   * @param caller for whom; once gone, the request is dropped
   * @param writer is given the answer; its time counts as the request's
   * @return what the writer returns
   */
  <R> R infer(
      InferCall call,
      long begun,
      @Nullable Duration deadline,
      Caller caller,
      AnswerWriter<R> writer)
      throws IOException {
    Duration soonest = call.parameters().deadline(deadline);
    String sequence = call.parameters().identifier(Parameters.SEQUENCE_ID);
    return sequence == null
        ? alone(call, begun, soonest, caller, writer)
        : step(call, begun, sequence, soonest, caller, writer);
  }

  private <R> R alone(
      InferCall call,
      long begun,
      @Nullable Duration deadline,
      Caller caller,
      AnswerWriter<R> writer)
      throws IOException {
    try (ModelHandle handle = acquire(call)) {
      Work work =
          operation -> {
            try (Admission admission = inference.admit(handle, deadline, caller)) {
              InferenceRequest request = InferTensors.request(call, handle.config(), operation);
              Duration reading = since(begun).minus(admission.waited());
              listener.stage(handle.id(), operation, Stage.READ, reading);
              Answer answer = inference.infer(admission, operation, request);
              return new InferAnswer(
                  handle.id(), call.id(), Map.of(), InferTensors.outputs(call, answer));
            }
          };
      return answer(
          handle.id(), InferTensors.operation(call, handle.config()), begun, work, writer);
    }
  }

  private <R> R answer(
      ModelId model, Operation operation, long begun, Work work, AnswerWriter<R> writer)
      throws IOException {
    boolean success = false;
    try {
      InferAnswer answer = work.compute(operation);
      long computed = System.nanoTime();
      R written = writer.write(answer);
      listener.stage(model, operation, Stage.WRITE, since(computed));
      success = true;
      return written;
    } finally {
      listener.answered(model, operation, success, since(begun));
    }
  }

  private <R> R step(
      InferCall call,
      long begun,
      String id,
      @Nullable Duration deadline,
      Caller caller,
      AnswerWriter<R> writer)
      throws IOException {
    Long step = call.parameters().whole("sequence_step");
    if (Boolean.TRUE.equals(call.parameters().flag("sequence_start"))) {
      start(call, id, step);
    }
    try (SequenceCall sequence = sequences.call(id, deadline, caller)) {
      requireModel(call, sequence.model(), id);
      Work work =
          operation -> {
            InferenceRequest request = InferTensors.request(call, sequence.config(), operation);
            listener.stage(sequence.model(), operation, Stage.READ, since(begun));
            return advance(call, sequence, id, operation, request, step);
          };
      return answer(
          sequence.model(), InferTensors.operation(call, sequence.config()), begun, work, writer);
    }
  }

  private InferAnswer advance(
      InferCall call,
      SequenceCall sequence,
      String id,
      Operation operation,
      InferenceRequest request,
      @Nullable Long step) {
    if (request.h() != null || request.c() != null) {
      throw new TensorFormatException(
          "/inputs", "a step of a sequence brings no h0 or c0: the state is the server's");
    }
    SequenceAnswer answer =
        sequences.advance(
            sequence,
            operation,
            request,
            step == null ? OptionalLong.empty() : OptionalLong.of(step));
    if (Boolean.TRUE.equals(call.parameters().flag("sequence_end"))) {
      sequences.delete(id);
    }
    return new InferAnswer(
        sequence.model(),
        call.id(),
        Map.of(Parameters.SEQUENCE_ID, id, "sequence_step", answer.step()),
        InferTensors.outputs(call, answer.answer()));
  }

  /**
   * Opens the sequence. One of the same id is begun anew, as Triton does; but not where the request
   * is numbered, as it may be a retry of the step that opened it.
   */
  private void start(InferCall call, String id, @Nullable Long step) {
    try (ModelHandle handle = acquire(call)) {
      Operation operation = InferTensors.operation(call, handle.config());
      // What can be seen to be wrong shall not cost a sequence that goes on under this id.
      var unused = InferTensors.request(call, handle.config(), operation);
      int batch = InferTensors.input(call, ModelTensors.X).shape()[0];
      OpenRequest open = new OpenRequest(id, batch, 0, null, null, null, InferTensors.FIELDS);
      try {
        sequences.open(handle, open);
      } catch (InvalidInput e) {
        // All else was checked above.
        throw new TensorFormatException(
            "/parameters/" + Parameters.SEQUENCE_ID, e.errors().get(0).detail());
      } catch (SequenceRefused e) {
        if (e.reason() != SequenceRefused.Reason.EXISTS) {
          throw e;
        }
        if (step == null) {
          sequences.delete(id);
          sequences.open(handle, open);
        }
      }
    }
  }

  private static void requireModel(InferCall call, ModelId model, String id) {
    boolean same =
        call.model().equals(model.name())
            && (call.version().isEmpty() || call.version().equals(Long.toString(model.version())));
    if (!same) {
      throw new TensorFormatException(
          "/parameters/sequence_id", "sequence %s is of model %s".formatted(id, model));
    }
  }

  private ModelHandle acquire(InferCall call) {
    return registry.acquire(OipModelPath.request(call.model(), call.version()));
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }
}
