package dev.keepgate.model;

/** Lengths of the arrays of numbers that a model holds. */
final class Sizes {

  private Sizes() {}

  static void check(String name, float[] values, long expected) {
    if (values.length != expected) {
      throw new InconsistentModelException(
          "%s needs %d numbers, got %d".formatted(name, expected, values.length));
    }
  }
}
