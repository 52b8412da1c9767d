package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import tools.jackson.databind.JsonNode;

/**
 * A layer as the model's configuration describes it.
 *
 * @param name unique within the model
 * @param className Keras' class
 * @param config the arguments it was made with
 * @param path by which Keras 3 stores its variables; not used for h5 files
 */
record KerasLayer(String name, String className, JsonNode config, String path) {

  /**
   * Reads {@code {"class_name", "config"}}.
   *
   * @throws ImportException if it is no layer of Keras' own
   */
  static KerasLayer of(JsonNode json, String path) throws ImportException {
    JsonNode config = json.path("config");
    String className = json.path("class_name").asString("");
    String name = config.path("name").asString(json.path("name").asString(""));
    KerasLayer layer = new KerasLayer(name, className, config, path);
    if (className.isEmpty() || !config.isObject()) {
      throw ImportException.malformed("a layer of the configuration has no class or config");
    }
    if (json.path("registered_name").asString("").contains(">") || className.contains(">")) {
      throw layer.unsupported("", "is a class of its author's own");
    }
    return layer;
  }

  /** A layer that this one wraps. */
  KerasLayer inner(String field, String path) throws ImportException {
    JsonNode json = config.path(field);
    if (!json.isObject()) {
      throw unsupported(field, "is missing");
    }
    KerasLayer inner = of(json, this.path + "/" + path);
    return new KerasLayer(name + "/" + inner.name, inner.className, inner.config, inner.path);
  }

  boolean flag(String field) {
    return flag(field, false);
  }

  boolean flag(String field, boolean otherwise) {
    return config.path(field).asBoolean(otherwise);
  }

  float number(String field, double otherwise) throws ImportException {
    JsonNode value = config.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return (float) otherwise;
    }
    // Keras writes numbers of NumPy types as objects that hold them.
    JsonNode number = value.isObject() ? value.path("config").path("value") : value;
    if (!number.isNumber() || !Float.isFinite(number.floatValue())) {
      throw unsupported(field, "is %s, not a number".formatted(value));
    }
    return number.floatValue();
  }

  int size(String field) throws ImportException {
    JsonNode value = config.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      throw unsupported(field, "is %s, not a whole number from 1".formatted(value));
    }
    return value.intValue();
  }

  ImportException unsupported(String field, String detail) {
    return ImportException.unsupported(
        "layer '%s' (%s)%s".formatted(name, className, field.isEmpty() ? "" : ", " + field),
        detail);
  }
}
