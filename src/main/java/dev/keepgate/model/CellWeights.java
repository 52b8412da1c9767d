package dev.keepgate.model;

import org.jspecify.annotations.Nullable;

/**
 * The numbers of one LSTM cell, row-major, gates in {@link GateOrder#IFOG}; never written after
 * they were made.
 *
 * @param inputKernel [inputSize, 4 * hiddenSize]
 * @param recurrentKernel [outputSize, 4 * hiddenSize]: as tall as h is wide
 * @param bias [4 * hiddenSize], all biases of the framework summed, forget bias included
 * @param peepholes [3 * hiddenSize]: input, forget, output; null where the cell has none
 * @param projection [hiddenSize, projectionSize]; null where the cell has none
 */
public record CellWeights(
    float[] inputKernel,
    float[] recurrentKernel,
    float[] bias,
    float @Nullable [] peepholes,
    float @Nullable [] projection) {

  /**
   * @throws InconsistentModelException if an array is missing, too many, or not as long as it must
   *     be
   */
  void check(CellConfig config) {
    long gates = 4L * config.hiddenSize();
    Sizes.check("inputKernel", inputKernel, config.inputSize() * gates);
    Sizes.check("recurrentKernel", recurrentKernel, config.outputSize() * gates);
    Sizes.check("bias", bias, gates);
    if (config.peepholes() != (peepholes != null)) {
      throw new InconsistentModelException("peepholes and configuration differ");
    }
    if (peepholes != null) {
      Sizes.check("peepholes", peepholes, 3L * config.hiddenSize());
    }
    if ((config.projectionSize() > 0) != (projection != null)) {
      throw new InconsistentModelException("projection and configuration differ");
    }
    if (projection != null) {
      Sizes.check("projection", projection, (long) config.hiddenSize() * config.projectionSize());
    }
  }

  /** How many numbers there are. */
  long count() {
    return (long) inputKernel.length
        + recurrentKernel.length
        + bias.length
        + (peepholes == null ? 0 : peepholes.length)
        + (projection == null ? 0 : projection.length);
  }
}
