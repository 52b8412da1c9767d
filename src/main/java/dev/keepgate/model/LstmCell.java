package dev.keepgate.model;

import java.util.List;

/**
 * An LSTM cell.
 *
 * @param config its equations
 * @param weights its numbers, as many as {@code config} says
 */
public record LstmCell(CellConfig config, CellWeights weights) implements Cell {

  /**
   * @throws InconsistentModelException if the numbers are not those of the configuration
   */
  public LstmCell {
    weights.check(config);
  }

  @Override
  public CellType type() {
    return CellType.LSTM;
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
    return config.outputSize();
  }

  @Override
  public List<Slot> state() {
    return config.state();
  }

  @Override
  public List<Slot> trace() {
    return config.trace();
  }

  @Override
  public long parameters() {
    return weights.count();
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.lstm(this);
  }
}
