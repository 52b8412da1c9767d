package dev.keepgate.importer.framework;

import java.util.Set;

/**
 * A tensor's name in its parts.
 *
 * @param scope everything before its own name, with the separator
 * @param leaf its own name
 * @param suffix that TensorFlow 1 puts behind it, or nothing
 */
record TensorName(String scope, String leaf, String suffix) {

  /** Names that say what a tensor is of its module, and not which module. */
  private static final Set<String> PLAIN =
      Set.of(
          "kernel",
          "_kernel",
          "weight",
          "weights",
          "w",
          "W",
          "embedding",
          "embeddings",
          "_embeddings",
          "gamma",
          "scale",
          "running_mean",
          "moving_mean",
          "mean");

  static TensorName of(String name) {
    String suffix = name.endsWith(":0") ? ":0" : "";
    String plain = name.substring(0, name.length() - suffix.length());
    int end = plain.indexOf('/') >= 0 ? plain.lastIndexOf('/') : plain.lastIndexOf('.');
    return new TensorName(plain.substring(0, end + 1), plain.substring(end + 1), suffix);
  }

  /** The name of another tensor of the same module. */
  String sibling(String other) {
    return scope + other + suffix;
  }

  /** The name of its module: its scope, or its own where that says which it is. */
  String module() {
    return scope.isEmpty() || !PLAIN.contains(leaf)
        ? scope + leaf
        : scope.substring(0, scope.length() - 1);
  }
}
