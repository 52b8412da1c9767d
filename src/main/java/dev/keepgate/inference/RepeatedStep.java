package dev.keepgate.inference;

import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.StepResult;
import java.util.List;

/** The answer of a step that was taken before, from what its sequence keeps of it. */
final class RepeatedStep {

  private RepeatedStep() {}

  static InferenceResult result(
      InferenceCall call, Sequence sequence, StepResult last, InferenceRequest.Units units) {
    return new InferenceResult(
        sequence.model(),
        call.signature(),
        new InferenceResult.Shape(
            last.unrolled() ? Operation.UNROLL : Operation.STEP,
            sequence.batch(),
            last.time(),
            last.sequences(),
            last.batched(),
            units),
        NetworkOutput.of(
            last.output(), sequence.state(), sizes(call.signature(), sequence.batch(), last)),
        sequence.step(),
        last.errors());
  }

  private static List<int[]> sizes(Signature signature, int batch, StepResult last) {
    return signature.outputs().stream()
        .map(output -> output.sizes(batch, last.time(), last.sequences()))
        .toList();
  }
}
