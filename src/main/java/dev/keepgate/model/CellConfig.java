package dev.keepgate.model;

import java.util.ArrayList;
import java.util.List;

/**
 * One LSTM cell: one layer in one direction.
 *
 * <p>With sigma the {@code recurrentActivation}, g the {@code activation}, k the {@code
 * cellActivation} and * elementwise:
 *
 * <pre>
 * i = sigma(x Wi + h Ri + pi * c + bi)     f = sigma(x Wf + h Rf + pf * c + bf)
 * z = g(x Wg + h Rg + bg)                  c' = clip(f * c + i * z, cellClip)
 * o = sigma(x Wo + h Ro + po * c' + bo)    h' = o * k(c'), or clip((o * k(c')) P, projectionClip)
 * </pre>
 *
 * Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000; peepholes: Gers
 * and Schmidhuber 2000; projection: Sak, Senior and Beaufays 2014.
 *
 * @param inputSize width of x
 * @param hiddenSize width of c
 * @param projectionSize width of h where it is projected; 0 where h is as wide as c
 * @param peepholes whether the gates see the cell: i and f the old one, o the new one
 * @param coupled whether f is 1 - i (ONNX' {@code input_forget})
 * @param forgetBias what the framework adds to the forget gate at run time; already part of the
 *     imported bias, kept to be shown
 * @param cellClip bound of |c'| (TensorFlow); infinite where there is none
 * @param projectionClip bound of |h'| after the projection (TensorFlow); infinite where there is
 *     none
 * @param inputClip bound of what goes into the activations of the gates and the candidate, but not
 *     of the cell, as ONNX Runtime has it; infinite where there is none
 * @param recurrentActivation of the input, forget and output gates
 * @param activation of the candidate
 * @param cellActivation of the new cell on its way to h'
 */
public record CellConfig(
    int inputSize,
    int hiddenSize,
    int projectionSize,
    boolean peepholes,
    boolean coupled,
    float forgetBias,
    float cellClip,
    float projectionClip,
    float inputClip,
    Activation recurrentActivation,
    Activation activation,
    Activation cellActivation)
    implements CellOptions {

  public static final float NO_CLIP = Float.POSITIVE_INFINITY;

  /**
   * @throws InconsistentModelException if a size is not positive, a bound is not, or an activation
   *     is not elementwise
   */
  public CellConfig {
    Sizes.checkCell(
        inputSize,
        hiddenSize,
        Math.min(inputClip, Math.min(cellClip, projectionClip)),
        List.of(recurrentActivation, activation, cellActivation));
    if (projectionSize < 0) {
      throw new InconsistentModelException("projection must not be negative: " + projectionSize);
    }
  }

  /** Starts from a plain cell: sigmoid gates, tanh, no peepholes, projection or clip. */
  public static Builder builder(int inputSize, int hiddenSize) {
    return new Builder(inputSize, hiddenSize);
  }

  /** The slots of its state. */
  public List<Slot> state() {
    return List.of(new Slot("h", outputSize()), new Slot("c", hiddenSize));
  }

  /** What a trace of it shows: its gates, then its new state. */
  public List<Slot> trace() {
    List<Slot> trace = new ArrayList<>();
    for (String gate : CellType.LSTM.gates()) {
      trace.add(new Slot(gate, hiddenSize));
    }
    trace.add(new Slot("cell", hiddenSize));
    trace.add(new Slot("hidden", outputSize()));
    return List.copyOf(trace);
  }

  /** Width of h: the projection's, or else the cell's. */
  @Override
  public int outputSize() {
    return projectionSize > 0 ? projectionSize : hiddenSize;
  }

  @Override
  public <R> R accept(Visitor<R> visitor) {
    return visitor.lstm(this);
  }

  /** Collects what differs from a plain cell. */
  public static final class Builder {

    private final int inputSize;
    private final int hiddenSize;
    private int projectionSize;
    private boolean peepholes;
    private boolean coupled;
    private float forgetBias;
    private float cellClip = NO_CLIP;
    private float projectionClip = NO_CLIP;
    private float inputClip = NO_CLIP;
    private Activation recurrentActivation = Activation.SIGMOID;
    private Activation activation = Activation.TANH;
    private Activation cellActivation = Activation.TANH;

    private Builder(int inputSize, int hiddenSize) {
      this.inputSize = inputSize;
      this.hiddenSize = hiddenSize;
    }

    public Builder projectionSize(int projectionSize) {
      this.projectionSize = projectionSize;
      return this;
    }

    public Builder peepholes(boolean peepholes) {
      this.peepholes = peepholes;
      return this;
    }

    public Builder coupled(boolean coupled) {
      this.coupled = coupled;
      return this;
    }

    public Builder forgetBias(float forgetBias) {
      this.forgetBias = forgetBias;
      return this;
    }

    public Builder cellClip(float cellClip) {
      this.cellClip = cellClip;
      return this;
    }

    public Builder projectionClip(float projectionClip) {
      this.projectionClip = projectionClip;
      return this;
    }

    public Builder inputClip(float inputClip) {
      this.inputClip = inputClip;
      return this;
    }

    public Builder recurrentActivation(Activation recurrentActivation) {
      this.recurrentActivation = recurrentActivation;
      return this;
    }

    public Builder activation(Activation activation) {
      this.activation = activation;
      return this;
    }

    public Builder cellActivation(Activation cellActivation) {
      this.cellActivation = cellActivation;
      return this;
    }

    public CellConfig build() {
      return new CellConfig(
          inputSize,
          hiddenSize,
          projectionSize,
          peepholes,
          coupled,
          forgetBias,
          cellClip,
          projectionClip,
          inputClip,
          recurrentActivation,
          activation,
          cellActivation);
    }
  }
}
