package dev.keepgate.inference;

import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Slot;

/** Finds the numbers that JSON has no word for, and says where they came up. */
final class FiniteValidator {

  private FiniteValidator() {}

  /**
   * @throws InferenceException.NotFinite if an output or a state is not finite
   */
  static void all(InferenceResult result) {
    for (InferenceResult.Output output : result.outputs()) {
      int at = firstNotFinite(output.values(), 0, output.values().length);
      if (at >= 0) {
        throw new InferenceException.NotFinite(place(result, output, at));
      }
    }
    for (String name : result.output().state().layout().names()) {
      slots(result, name);
    }
  }

  /**
   * @throws InferenceException.NotFinite if an output at these steps is not finite
   */
  static void steps(InferenceResult result, int from, int to) {
    Signature signature = result.signature();
    float[] output = result.output().output();
    int width = signature.outputSize();
    for (int row = 0; row < result.batch(); row++) {
      int begin = (row * result.time() + from) * width;
      int at = firstNotFinite(output, begin, begin + (to - from) * width);
      if (at >= 0) {
        throw new InferenceException.NotFinite(step(output[at], row, at / width % result.time()));
      }
    }
  }

  private static String place(InferenceResult result, InferenceResult.Output output, int at) {
    float value = output.values()[at];
    int row = at / output.rowSize();
    if (output.shape().length != output.described().shape().size()) {
      return "the output of row %d is %s at its last step, %d"
          .formatted(row, value, result.time() - 1);
    }
    return output.described().isSequence()
        ? step(value, row, at % output.rowSize() / (output.rowSize() / output.shape()[1]))
        : "the output of row %d is %s".formatted(row, value);
  }

  private static String step(float value, int row, int step) {
    return "the output of row %d is %s at step %d".formatted(row, value, step);
  }

  private static void slots(InferenceResult result, String name) {
    RecurrentState state = result.output().state();
    int cell = 0;
    for (int i = 0; i < state.values().length; i++) {
      Slot slot = state.layout().slot(i);
      if (!slot.name().equals(name)) {
        continue;
      }
      float[] values = state.values()[i];
      int at = firstNotFinite(values, 0, values.length);
      if (at >= 0) {
        throw new InferenceException.NotFinite(
            "the state %s of cell %d, row %d is %s after the last step, %d"
                .formatted(name, cell, at / slot.width(), values[at], result.time() - 1));
      }
      cell++;
    }
  }

  private static int firstNotFinite(float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }
}
