package dev.keepgate.model;

import java.util.List;

/** Checks sizes and options of what a model holds. */
final class Sizes {

  private Sizes() {}

  static void check(String name, float[] values, long expected) {
    if (values.length != expected) {
      throw new InconsistentModelException(
          "%s needs %d numbers, got %d".formatted(name, expected, values.length));
    }
  }

  /**
   * Checks what all cells have.
   *
   * @param clip the smallest of its bounds
   */
  static void checkCell(int inputSize, int hiddenSize, float clip, List<Activation> activations) {
    if (inputSize < 1 || hiddenSize < 1) {
      throw new InconsistentModelException(
          "sizes must be positive, got input %d, hidden %d".formatted(inputSize, hiddenSize));
    }
    if (!(clip > 0)) {
      throw new InconsistentModelException("a clip must be a positive number");
    }
    if (activations.stream().anyMatch(activation -> activation.kind().isOfRow())) {
      throw new InconsistentModelException("softmax is no activation of a cell");
    }
  }
}
