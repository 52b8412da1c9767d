package dev.keepgate.model;

import java.util.List;

/**
 * One simple recurrent cell: one layer in one direction. With g the {@code activation}, h' = g(x W
 * + h R + b); Elman 1990.
 *
 * @param inputSize width of x
 * @param hiddenSize width of h
 * @param inputClip bound of what goes into the activation, as ONNX Runtime has it; infinite where
 *     there is none
 * @param activation of the new h
 */
public record RnnConfig(int inputSize, int hiddenSize, float inputClip, Activation activation)
    implements CellOptions {

  /**
   * @throws InconsistentModelException if a size is not positive, the bound is not, or the
   *     activation is not elementwise
   */
  public RnnConfig {
    Sizes.checkCell(inputSize, hiddenSize, inputClip, List.of(activation));
  }

  @Override
  public int outputSize() {
    return hiddenSize;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.rnn(this);
  }
}
