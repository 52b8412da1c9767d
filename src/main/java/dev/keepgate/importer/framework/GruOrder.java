package dev.keepgate.importer.framework;

/**
 * In which order a framework stores the three blocks of a GRU's kernel. Ours, after import, is
 * update, reset, candidate.
 */
public enum GruOrder {
  /** update, reset, candidate: Keras, ONNX. */
  ZRN(0, 1),
  /** reset, update, candidate: PyTorch, Flax, TensorFlow 1. */
  RZN(1, 0);

  private static final int CANDIDATE = 2;

  private final int update;
  private final int reset;

  GruOrder(int update, int reset) {
    this.update = update;
    this.reset = reset;
  }

  /** Where each of our blocks lies. */
  public int[] blocks() {
    return new int[] {update, reset, CANDIDATE};
  }
}
