package dev.keepgate.api.rest;

import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import org.jspecify.annotations.Nullable;

/** The names and versions in paths. */
final class ModelPath {

  private ModelPath() {}

  static ModelRequest request(String name, @Nullable String version) {
    return version == null
        ? ModelRequest.latest(name(name))
        : new ModelRequest.Specific(id(name, version));
  }

  static ModelId id(String name, String version) {
    return new ModelId(name(name), version(version));
  }

  static String name(String name) {
    if (!ModelId.isName(name)) {
      throw new TensorFormatException(
          "{model}",
          "a model's name is 1 to 128 letters, digits, '-' and '_', and starts with a letter or"
              + " digit");
    }
    return name;
  }

  private static long version(String version) {
    if (!version.matches("[1-9][0-9]{0,17}")) {
      throw new TensorFormatException("{version}", "a version is a whole number from 1");
    }
    return Long.parseLong(version);
  }
}
