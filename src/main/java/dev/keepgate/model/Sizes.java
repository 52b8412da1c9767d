package dev.keepgate.model;

/** Lengths of the arrays that records hold. */
final class Sizes {

  private Sizes() {}

  static void check(String name, float[] values, long expected) {
    if (values.length != expected) {
      throw new IllegalArgumentException(
          "%s needs %d numbers, got %d".formatted(name, expected, values.length));
    }
  }
}
