package dev.keepgate.inference;

import dev.keepgate.model.LstmConfig;

/** Finds the numbers that JSON has no word for, and says where they came up. */
final class FiniteCheck {

  private FiniteCheck() {}

  /**
   * @throws InferenceException.NotFinite if an output or a state is not finite
   */
  static void all(InferenceResult result) {
    float[] output = result.output().output();
    int at = firstNotFinite(output, 0, output.length);
    if (at >= 0) {
      int row = at / result.config().outputSize();
      throw new InferenceException.NotFinite(
          result.sequences()
              ? step(output[at], row / result.time(), row % result.time())
              : "the output of row %d is %s at its last step, %d"
                  .formatted(row, output[at], result.time() - 1));
    }
    state(result, "h", result.output().state().h());
    state(result, "c", result.output().state().c());
  }

  /**
   * @throws InferenceException.NotFinite if an output at these steps is not finite
   */
  static void steps(InferenceResult result, int from, int to) {
    LstmConfig config = result.config();
    float[] output = result.output().output();
    int width = config.outputSize();
    for (int row = 0; row < result.batch(); row++) {
      int begin = (row * result.time() + from) * width;
      int at = firstNotFinite(output, begin, begin + (to - from) * width);
      if (at >= 0) {
        throw new InferenceException.NotFinite(step(output[at], row, at / width % result.time()));
      }
    }
  }

  private static String step(float value, int row, int step) {
    return "the output of row %d is %s at step %d".formatted(row, value, step);
  }

  private static void state(InferenceResult result, String name, float[][] cells) {
    for (int cell = 0; cell < cells.length; cell++) {
      int at = firstNotFinite(cells[cell], 0, cells[cell].length);
      if (at >= 0) {
        throw new InferenceException.NotFinite(
            "the state %s of cell %d, row %d is %s after the last step, %d"
                .formatted(
                    name,
                    cell,
                    at / (cells[cell].length / result.batch()),
                    cells[cell][at],
                    result.time() - 1));
      }
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
