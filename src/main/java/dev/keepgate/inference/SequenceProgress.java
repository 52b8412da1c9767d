package dev.keepgate.inference;

import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.sequence.ModelContent;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.StepResult;
import java.time.Instant;

/** What a sequence becomes by a step, whoever keeps it. */
final class SequenceProgress {

  private SequenceProgress() {}

  /**
   * The sequence after a request.
   *
   * @param handle of the model that computed it
   */
  static Sequence after(
      Sequence now,
      ModelHandle handle,
      InferenceRequest request,
      InferenceResult result,
      Instant moment) {
    StepResult last =
        new StepResult(
            new StepResult.Steps(
                result.operation() == Operation.UNROLL, result.time(), request.lengths() != null),
            // A network with branches may answer its last step alone, whatever was asked.
            result.sequences()
                && handle.signature().outputs().stream().anyMatch(Signature.Output::isStreamed),
            result.batched(),
            result.output().joined(),
            result.errors());
    // One that an earlier build opened is bound to the model that takes it on.
    Sequence bound = now.boundTo(new ModelContent(now.model(), handle.digest()));
    return bound.after(last, result.output().state(), moment);
  }
}
