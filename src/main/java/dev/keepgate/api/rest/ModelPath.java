package dev.keepgate.api.rest;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.TensorFormatException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The names and versions in paths. */
public final class ModelPath {

  static final String NAME_RULE =
      "a model's name is 1 to 128 letters, digits, '-' and '_', and starts with a letter or digit";

  private ModelPath() {}

  /** The version that a path names, or the latest. */
  public static ModelRequest request(String name, @Nullable String version) {
    return version == null
        ? ModelRequest.latest(name(name))
        : new ModelRequest.Specific(id(name, version));
  }

  /** The version that a label stands for. */
  static ModelRequest labelled(String name, String label) {
    return new ModelRequest.Labelled(name(name), label(label));
  }

  static String label(String label) {
    if (!ModelId.isLabel(label)) {
      throw new TensorFormatException("{label}", ModelId.LABEL_RULE);
    }
    return label;
  }

  static ModelId id(String name, String version) {
    return new ModelId(name(name), version(version));
  }

  static String name(String name) {
    if (!ModelId.isName(name)) {
      throw new TensorFormatException("{model}", NAME_RULE);
    }
    return name;
  }

  /** A version as a page of the list names the last one in it, {@code name/version}. */
  static ModelId cursor(String text) {
    int slash = text.indexOf('/');
    OptionalLong version =
        slash < 0 ? OptionalLong.empty() : ModelId.parseVersion(text.substring(slash + 1));
    if (version.isEmpty() || !ModelId.isName(text.substring(0, slash))) {
      throw new TensorFormatException(
          "?after", "expected a page's 'next', such as tagger/3, got '" + text + "'");
    }
    return new ModelId(text.substring(0, slash), version.getAsLong());
  }

  private static long version(String version) {
    return ModelId.parseVersion(version)
        .orElseThrow(() -> new TensorFormatException("{version}", ModelId.VERSION_RULE));
  }
}
