package dev.keepgate.model;

import java.util.List;

/**
 * One GRU cell: one layer in one direction.
 *
 * <p>With sigma the {@code recurrentActivation}, g the {@code activation} and * elementwise:
 *
 * <pre>
 * z = sigma(x Wz + h Rz + bz)              r = sigma(x Wr + h Rr + br)
 * n = g(x Wn + bn + r * (h Rn + dn))       where the reset comes after the product
 * n = g(x Wn + bn + (r * h) Rn)            where it comes before
 * h' = (1 - z) * n + z * h
 * </pre>
 *
 * Cho et al. 2014, who reset before the product; after it, cuDNN.
 *
 * @param inputSize width of x
 * @param hiddenSize width of h
 * @param resetAfter whether the reset gate is applied after the recurrent product (PyTorch, Flax,
 *     Keras' {@code reset_after}, ONNX' {@code linear_before_reset}), and not before
 * @param inputClip bound of what goes into the activations, as ONNX Runtime has it; infinite where
 *     there is none
 * @param recurrentActivation of the update and reset gates
 * @param activation of the candidate
 */
public record GruConfig(
    int inputSize,
    int hiddenSize,
    boolean resetAfter,
    float inputClip,
    Activation recurrentActivation,
    Activation activation)
    implements CellOptions {

  /**
   * @throws InconsistentModelException if a size is not positive, the bound is not, or an
   *     activation is not elementwise
   */
  public GruConfig {
    Sizes.checkCell(inputSize, hiddenSize, inputClip, List.of(recurrentActivation, activation));
  }

  /** A cell of sigmoid gates and tanh, without a clip. */
  public static GruConfig plain(int inputSize, int hiddenSize, boolean resetAfter) {
    return new GruConfig(
        inputSize, hiddenSize, resetAfter, CellConfig.NO_CLIP, Activation.SIGMOID, Activation.TANH);
  }

  @Override
  public int outputSize() {
    return hiddenSize;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.gru(this);
  }
}
