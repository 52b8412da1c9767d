package dev.keepgate.registry;

import dev.keepgate.model.ModelId;

/** Which model a caller asks for. */
public sealed interface ModelRequest {

  String name();

  /** The highest version of a name that is AVAILABLE. */
  record Latest(String name) implements ModelRequest {}

  /** One version, and no other. */
  record Specific(ModelId id) implements ModelRequest {
    @Override
    public String name() {
      return id.name();
    }
  }

  static ModelRequest latest(String name) {
    return new Latest(name);
  }

  /**
   * @throws IllegalArgumentException if this is no name or version that a model can have
   */
  static ModelRequest specific(String name, long version) {
    return new Specific(new ModelId(name, version));
  }
}
