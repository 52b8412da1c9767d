package dev.keepgate.model;

/**
 * In which order a framework stores the four blocks of a gate matrix. Ours, after import, is {@link
 * #IFOG}: the three sigmoid gates side by side, then the candidate.
 */
public enum GateOrder {
  /** input, forget, output, candidate: ours. */
  IFOG(0, 1, 2, 3),
  /** input, forget, candidate, output: PyTorch, Keras, Flax, cuDNN. */
  IFGO(0, 1, 3, 2),
  /** input, candidate, forget, output: TensorFlow 1. */
  IGFO(0, 2, 3, 1),
  /** input, output, forget, candidate: ONNX. */
  IOFG(0, 2, 1, 3),
  /** candidate, forget, output, input: DL4J. */
  GFOI(3, 1, 2, 0);

  private final int input;
  private final int forget;
  private final int output;
  private final int candidate;

  GateOrder(int input, int forget, int output, int candidate) {
    this.input = input;
    this.forget = forget;
    this.output = output;
    this.candidate = candidate;
  }

  /**
   * Where this order keeps a gate.
   *
   * @param gate 0 input, 1 forget, 2 output, 3 candidate
   * @return the gate's block, 0 to 3
   */
  public int blockOf(int gate) {
    return switch (gate) {
      case 0 -> input;
      case 1 -> forget;
      case 2 -> output;
      case 3 -> candidate;
      default -> throw new IllegalArgumentException("no gate " + gate);
    };
  }
}
