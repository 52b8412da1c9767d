package dev.keepgate.inference;

import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Steps and chunks of one sequence each, answered with the result as it is. */
public record SequenceCalls(Inference inference, int inputSize) {

  /** What errors of these calls point at. */
  public static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields("/x", slot -> "/state/" + slot, "/lengths");

  /**
   * Takes a sequence one step on, or several.
   *
   * @param x a row of inputs a step
   * @param number of the last step, where the caller numbers them
   */
  public InferenceResult advance(
      String id, float[] x, OptionalLong number, @Nullable Duration deadline) {
    int time = x.length / inputSize;
    Operation operation = time == 1 ? Operation.STEP : Operation.UNROLL;
    Tensor tensor =
        time == 1 ? Tensor.Floats.of(x, inputSize) : Tensor.Floats.of(x, time, inputSize);
    InferenceRequest request =
        new InferenceRequest(
            operation,
            tensor,
            null,
            null,
            new InferenceRequest.Options(null, false, number),
            FIELDS);
    try (InferenceCall call =
        inference.openStep(id, operation, deadline, CancellationSignal.NONE)) {
      return call.infer((config, memory) -> request, new WholeResult());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class WholeResult implements ResultEncoder<InferenceResult> {
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public InferenceResult encode(InferenceResult result) {
      return result;
    }
  }
}
