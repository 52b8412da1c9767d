package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A layer as the model's configuration describes it.
 *
 * @param name unique within the model
 * @param className Keras' class
 * @param config the arguments it was made with
 * @param path by which Keras 3 stores its variables; not used for h5 files
 */
record KerasLayer(String name, String className, JsonNode config, String path) {

  /** Before the class of a function that is called as a layer, as {@code x + y} is. */
  static final String OPERATION = "ops.";

  /** Functions that compute masks, which are checked and left to the layers. */
  private static final Set<String> OF_MASKS = Set.of("NotEqual", "Any");

  private static final Pattern OPERATIONS = Pattern.compile("keras\\.(src\\.)?ops(\\..*)?");

  /**
   * Reads {@code {"class_name", "config"}}.
   *
   * @throws ImportException if it is no layer of Keras' own
   */
  static KerasLayer of(JsonNode json, String path) throws ImportException {
    JsonNode config = json.path("config");
    String own = json.path("class_name").asString("");
    String className = isOperation(json) && !OF_MASKS.contains(own) ? OPERATION + own : own;
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

  /** An h5 file of Keras 3 does not say the module; but every layer says its type of numbers. */
  private static boolean isOperation(JsonNode json) {
    if (json.path("module").isString()) {
      return OPERATIONS.matcher(json.path("module").asString()).matches();
    }
    JsonNode config = json.path("config");
    boolean isLayer = config.has("trainable") || config.has("dtype") || config.has("layers");
    return json.path("inbound_nodes").path(0).isObject() && !isLayer;
  }

  boolean isOperation() {
    return className.startsWith(OPERATION);
  }

  /** The same with another value of a field. */
  KerasLayer with(String field, String value) {
    ObjectNode changed = JsonNodeFactory.instance.objectNode();
    config.properties().forEach(each -> changed.set(each.getKey(), each.getValue()));
    return new KerasLayer(name, className, changed.put(field, value), path);
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
