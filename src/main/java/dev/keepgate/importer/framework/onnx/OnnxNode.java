package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a graph.
 *
 * @param inputs names of its values, empty where an optional one is left out
 * @param outputs names of its values, empty where one is not wanted
 */
record OnnxNode(
    String name,
    String operator,
    String domain,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes) {

  /**
   * A named constant of a node; whichever parts are there.
   *
   * @param subgraph whether it holds a graph of its own
   */
  record Attribute(
      @Nullable Long integer,
      @Nullable Float number,
      @Nullable String string,
      @Nullable OnnxTensor tensor,
      List<Long> integers,
      List<Float> numbers,
      List<String> strings,
      boolean subgraph) {}

  /** How the node is called in messages. */
  String label() {
    String known =
        !name.isEmpty() ? name : outputs.stream().filter(o -> !o.isEmpty()).findFirst().orElse("");
    return "node '%s' (%s)".formatted(known, operator);
  }

  ImportException refuse(String detail) {
    return ImportException.unsupported(label(), detail);
  }

  boolean has(String attribute) {
    return attributes.containsKey(attribute);
  }

  long integer(String attribute, long otherwise) throws ImportException {
    Attribute value = attributes.get(attribute);
    if (value == null) {
      return otherwise;
    }
    if (value.integer() == null) {
      throw refuse("attribute '" + attribute + "' is no integer");
    }
    return value.integer();
  }

  float number(String attribute, float otherwise) throws ImportException {
    Attribute value = attributes.get(attribute);
    if (value == null) {
      return otherwise;
    }
    if (value.number() == null || !Float.isFinite(value.number())) {
      throw refuse("attribute '" + attribute + "' is no number");
    }
    return value.number();
  }

  String string(String attribute, String otherwise) throws ImportException {
    Attribute value = attributes.get(attribute);
    if (value == null) {
      return otherwise;
    }
    if (value.string() == null) {
      throw refuse("attribute '" + attribute + "' is no string");
    }
    return value.string();
  }

  /** The integers of an attribute; null where it is not there. */
  @Nullable List<Long> integers(String attribute) {
    Attribute value = attributes.get(attribute);
    return value == null ? null : value.integers();
  }

  List<Float> numbers(String attribute) {
    Attribute value = attributes.get(attribute);
    return value == null ? List.of() : value.numbers();
  }

  List<String> strings(String attribute) {
    Attribute value = attributes.get(attribute);
    return value == null ? List.of() : value.strings();
  }
}
