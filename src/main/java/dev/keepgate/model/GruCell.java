package dev.keepgate.model;

import java.util.List;

/**
 * A GRU cell. Its numbers are row-major, the blocks of its kernels update, reset, candidate; never
 * written after they were made.
 *
 * @param config its equations
 * @param inputKernel [inputSize, 3 * hiddenSize]
 * @param recurrentKernel [hiddenSize, 3 * hiddenSize]
 * @param bias [3 * hiddenSize], all biases of the framework summed that are added to x W
 * @param resetBias [hiddenSize]: the candidate's bias that the reset gate scales; of length 0 where
 *     the reset comes before the product
 */
public record GruCell(
    GruConfig config, float[] inputKernel, float[] recurrentKernel, float[] bias, float[] resetBias)
    implements Cell {

  /** How many blocks its kernels have. */
  public static final int BLOCKS = 3;

  /**
   * @throws InconsistentModelException if the numbers are not those of the configuration
   */
  public GruCell {
    long gates = (long) BLOCKS * config.hiddenSize();
    Sizes.check("inputKernel", inputKernel, config.inputSize() * gates);
    Sizes.check("recurrentKernel", recurrentKernel, config.hiddenSize() * gates);
    Sizes.check("bias", bias, gates);
    Sizes.check("resetBias", resetBias, config.resetAfter() ? config.hiddenSize() : 0);
  }

  @Override
  public CellType type() {
    return CellType.GRU;
  }

  @Override
  public CellOptions options() {
    return config;
  }

  @Override
  public int inputSize() {
    return config.inputSize();
  }

  @Override
  public int outputSize() {
    return config.hiddenSize();
  }

  @Override
  public List<Slot> state() {
    return List.of(new Slot("h", config.hiddenSize()));
  }

  @Override
  public List<Slot> trace() {
    int hidden = config.hiddenSize();
    return List.of(
        new Slot("update", hidden),
        new Slot("reset", hidden),
        new Slot("candidate", hidden),
        new Slot("hidden", hidden));
  }

  @Override
  public long parameters() {
    return (long) inputKernel.length + recurrentKernel.length + bias.length + resetBias.length;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.gru(this);
  }
}
