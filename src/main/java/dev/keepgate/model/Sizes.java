package dev.keepgate.model;

/** Lengths of the arrays that records hold. */
final class Sizes {

  private Sizes() {}

  static void check(String name, float[] values, long expected) {
    check(name, values.length, expected);
  }

  static void check(String name, long length, long expected) {
    if (length != expected) {
      throw new IllegalArgumentException(
          "%s needs %d numbers, got %d".formatted(name, expected, length));
    }
  }
}
