package dev.keepgate.api.oip;

import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.Answer;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceListener;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.SequenceAnswer;
import dev.keepgate.inference.SequenceCall;
import dev.keepgate.inference.Sequences;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
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

  /**
   * Computes a request. A time of 1 is a step; with a {@code sequence_id} the state is the server's
   * (Triton's sequence extension; {@code sequence_step} is ours).
   *
   * @param deadline the transport's own, where the request has no {@code timeout}
   */
  InferAnswer infer(InferCall call, @Nullable Duration deadline) {
    String sequence = new Parameters(call.parameters()).identifier("sequence_id");
    return sequence == null ? alone(call, deadline) : step(call, sequence, deadline);
  }

  private InferAnswer alone(InferCall call, @Nullable Duration deadline) {
    long begun = System.nanoTime();
    boolean success = false;
    try (ModelHandle handle = acquire(call)) {
      Operation operation = InferTensors.operation(call, handle.config());
      try {
        InferenceRequest request = InferTensors.request(call, handle.config(), operation, deadline);
        Answer answer = inference.infer(handle, operation, request);
        success = true;
        return new InferAnswer(
            handle.id(), call.id(), Map.of(), InferTensors.outputs(call, answer));
      } finally {
        answered(handle.id(), operation, success, begun);
      }
    }
  }

  private InferAnswer step(InferCall call, String id, @Nullable Duration deadline) {
    long begun = System.nanoTime();
    boolean success = false;
    Parameters parameters = new Parameters(call.parameters());
    Long step = parameters.whole("sequence_step");
    if (Boolean.TRUE.equals(parameters.flag("sequence_start"))) {
      start(call, id, step);
    }
    try (SequenceCall sequence = sequences.call(id, deadline(parameters, deadline))) {
      requireModel(call, sequence.model(), id);
      Operation operation = InferTensors.operation(call, sequence.config());
      try {
        InferenceRequest request =
            InferTensors.request(call, sequence.config(), operation, deadline);
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
        if (Boolean.TRUE.equals(parameters.flag("sequence_end"))) {
          sequences.delete(id);
        }
        success = true;
        return new InferAnswer(
            sequence.model(),
            call.id(),
            Map.of("sequence_id", id, "sequence_step", answer.step()),
            InferTensors.outputs(call, answer.answer()));
      } finally {
        answered(sequence.model(), operation, success, begun);
      }
    }
  }

  /**
   * Opens the sequence. One of the same id is begun anew, as Triton does; but not where the request
   * is numbered, as it may be a retry of the step that opened it.
   */
  private void start(InferCall call, String id, @Nullable Long step) {
    try (ModelHandle handle = acquire(call)) {
      int batch = InferTensors.input(call, ModelTensors.X).shape()[0];
      OpenRequest open = new OpenRequest(id, batch, 0, null, null, null, InferTensors.FIELDS);
      try {
        sequences.open(handle, open);
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

  private static @Nullable Duration deadline(Parameters parameters, @Nullable Duration deadline) {
    Duration timeout = parameters.timeout();
    return timeout != null ? timeout : deadline;
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

  private void answered(ModelId model, Operation operation, boolean success, long begun) {
    listener.answered(model, operation, success, Duration.ofNanos(System.nanoTime() - begun));
  }
}
