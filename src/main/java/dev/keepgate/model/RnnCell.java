package dev.keepgate.model;

import java.util.List;

/**
 * A simple recurrent cell. Its numbers are row-major, and never written after they were made.
 *
 * @param config its equation
 * @param inputKernel [inputSize, hiddenSize]
 * @param recurrentKernel [hiddenSize, hiddenSize]
 * @param bias [hiddenSize], all biases of the framework summed
 */
public record RnnCell(RnnConfig config, float[] inputKernel, float[] recurrentKernel, float[] bias)
    implements Cell {

  /**
   * @throws InconsistentModelException if the numbers are not those of the configuration
   */
  public RnnCell {
    long hidden = config.hiddenSize();
    Sizes.check("inputKernel", inputKernel, config.inputSize() * hidden);
    Sizes.check("recurrentKernel", recurrentKernel, hidden * hidden);
    Sizes.check("bias", bias, hidden);
  }

  @Override
  public CellType type() {
    return CellType.RNN;
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
    return List.of(new Slot("hidden", config.hiddenSize()));
  }

  @Override
  public long parameters() {
    return (long) inputKernel.length + recurrentKernel.length + bias.length;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.rnn(this);
  }
}
