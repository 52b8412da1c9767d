package dev.keepgate.registry;

import dev.keepgate.model.ModelId;

/** Which model a caller asks for. */
public sealed interface ModelRequest {

  String name();

  /** The label that stands for the version that serves where a request names none. */
  String STABLE = "stable";

  /**
   * The version that the label {@link #STABLE} stands for; where the model has no such label, the
   * highest that is AVAILABLE. Of all such requests, labels that have a weight get their share.
   *
   * @param point where in [0, 1) of the shares it falls; NaN to have that drawn; 1 for no label's
   */
  record Latest(String name, double point) implements ModelRequest {}

  /** One version, and no other. */
  record Specific(ModelId id) implements ModelRequest {
    @Override
    public String name() {
      return id.name();
    }
  }

  /** The version that a label of the model stands for. */
  record Labelled(String name, String label) implements ModelRequest {}

  static ModelRequest latest(String name) {
    return new Latest(name, Double.NaN);
  }

  /**
   * @throws IllegalArgumentException if this is no name or version that a model can have
   */
  static ModelRequest specific(String name, long version) {
    return new Specific(new ModelId(name, version));
  }

  /** Where what has a hash falls in [0, 1): always there (the finalizer of MurmurHash3). */
  static double point(int hash) {
    int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
    return Integer.toUnsignedLong(mixed ^ (mixed >>> 16)) / (double) (1L << 32);
  }
}
