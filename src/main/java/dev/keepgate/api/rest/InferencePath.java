package dev.keepgate.api.rest;

import static dev.keepgate.api.rest.InferenceController.LABEL;
import static dev.keepgate.api.rest.InferenceController.MODEL;
import static dev.keepgate.api.rest.InferenceController.STEP;
import static dev.keepgate.api.rest.InferenceController.UNROLL;
import static dev.keepgate.api.rest.InferenceController.VERSION;

import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import org.jspecify.annotations.Nullable;

/**
 * What the path of a step or an unroll says.
 *
 * @param name of the model, or of the sequence
 * @param detail the version or label that is named; null where none is
 */
record InferencePath(Kind kind, String name, @Nullable String detail, Operation operation) {

  /** Whose step or unroll it is. */
  enum Kind {
    LATEST(MODEL),
    VERSIONED(MODEL + VERSION),
    LABELLED(MODEL + LABEL),
    SEQUENCE(SequencesController.SEQUENCE);

    private final String step;
    private final String unroll;

    Kind(String path) {
      this.step = path + STEP;
      this.unroll = path + UNROLL;
    }
  }

  /**
   * Null for any other path.
   *
   * @param path of which nothing is escaped
   */
  static @Nullable InferencePath of(String path) {
    Operation operation =
        path.endsWith(STEP) ? Operation.STEP : path.endsWith(UNROLL) ? Operation.UNROLL : null;
    String[] parts = path.split("/", -1);
    if (operation == null || parts.length < 5 || !parts[1].equals("v1") || parts[3].isEmpty()) {
      return null;
    }
    String name = parts[3];
    boolean isModel = parts[2].equals("models");
    if (parts.length == 5) {
      Kind kind = isModel ? Kind.LATEST : parts[2].equals("sequences") ? Kind.SEQUENCE : null;
      return kind == null ? null : new InferencePath(kind, name, null, operation);
    }
    if (!isModel || parts.length != 7 || parts[5].isEmpty()) {
      return null;
    }
    return switch (parts[4]) {
      case "versions" -> new InferencePath(Kind.VERSIONED, name, parts[5], operation);
      case "labels" -> new InferencePath(Kind.LABELLED, name, parts[5], operation);
      default -> null;
    };
  }

  /** The path with its variables unset, as routes are written. */
  String pattern() {
    return operation == Operation.STEP ? kind.step : kind.unroll;
  }

  /** The model that is asked for. */
  ModelRequest model() {
    return kind == Kind.LABELLED
        ? ModelPath.labelled(name, String.valueOf(detail))
        : ModelPath.request(name, detail);
  }
}
