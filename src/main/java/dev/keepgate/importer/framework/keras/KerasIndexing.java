package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Adds what an index such as {@code x[:, -1, 2:]} takes of a tensor to a graph. */
final class KerasIndexing {

  private static final String SLICE = "__slice__";
  private static final String ELLIPSIS = "__ellipsis__";

  private final GraphBuilder graph;
  private final KerasLayer layer;

  KerasIndexing(GraphBuilder graph, KerasLayer layer) {
    this.graph = graph;
    this.layer = layer;
  }

  /** The same numbers in another shape, of which one dimension may be open. */
  static ShapeOperation.Reshape reshape(List<Dimension> dims) {
    return new ShapeOperation.Reshape(
        dims.stream().map(dim -> dim.symbol() == null ? dim.size() : -1).toList());
  }

  /**
   * Adds the parts one after the other.
   *
   * @param index a number, a slice, null for a new axis, an ellipsis, or a list of them
   */
  String apply(String x, JsonNode index) throws ImportException {
    List<JsonNode> keys = new ArrayList<>();
    (index.isArray() ? index : List.of(index)).forEach(keys::add);
    long taken = keys.stream().filter(key -> !key.isNull() && !is(key, ELLIPSIS)).count();
    List<JsonNode> spread = new ArrayList<>();
    for (JsonNode key : keys) {
      if (is(key, ELLIPSIS)) {
        for (long i = taken; i < graph.shape(x).rank() + 1; i++) {
          spread.add(key);
        }
      } else {
        spread.add(key);
      }
    }
    if (spread.isEmpty() || !isWhole(spread.get(0))) {
      throw refused(index, "takes a part of the batch");
    }
    String at = x;
    int axis = 0;
    for (JsonNode key : spread.subList(1, spread.size())) {
      Shape shape = graph.shape(at);
      if (key.isNull()) {
        List<Dimension> dims = new ArrayList<>(shape.dims());
        dims.add(axis++, Dimension.of(1));
        at = graph.add(layer.name(), reshape(dims), List.of(at));
      } else if (axis >= shape.rank()) {
        throw refused(index, "has too many parts");
      } else if (key.isInt()) {
        at = one(at, axis, key.intValue());
      } else {
        at = isWhole(key) ? at : part(at, axis, key, index);
        axis++;
      }
    }
    return at;
  }

  private static boolean is(JsonNode key, String className) {
    return key.path("class_name").asString("").equals(className);
  }

  private static boolean isWhole(JsonNode key) {
    JsonNode step = key.path("config").path("step");
    return is(key, ELLIPSIS)
        || (is(key, SLICE)
            && number(key, "start") == null
            && number(key, "stop") == null
            && (step.isNull() || step.asInt(0) == 1));
  }

  private static @Nullable Integer number(JsonNode key, String field) {
    JsonNode number = key.path("config").path(field);
    return number.isInt() ? number.intValue() : null;
  }

  private String one(String x, int axis, int index) throws ImportException {
    Shape shape = graph.shape(x);
    Dimension dim = shape.dims().get(axis);
    if (dim.symbol() == null && (index >= dim.size() || index < -dim.size())) {
      throw layer.unsupported("", "takes %d of %s".formatted(index, shape));
    }
    if (shape.rank() == 1) {
      throw layer.unsupported("", "leaves no dimension of " + shape);
    }
    Integer to = index == -1 ? null : Integer.valueOf(index + 1);
    return graph.add(layer.name(), new ShapeOperation.Slice(axis, index, to, true), List.of(x));
  }

  private String part(String x, int axis, JsonNode key, JsonNode index) throws ImportException {
    Integer start = number(key, "start");
    Integer stop = number(key, "stop");
    int step = key.path("config").path("step").asInt(1);
    if (!is(key, SLICE) || (step == -1 && (start != null || stop != null)) || Math.abs(step) != 1) {
      throw refused(index, "has a step, or takes more than one index at once");
    }
    return graph.add(
        layer.name(),
        step == -1
            ? new ShapeOperation.Reverse(axis)
            : new ShapeOperation.Slice(axis, start == null ? 0 : start, stop, false),
        List.of(x));
  }

  private ImportException refused(JsonNode index, String why) {
    return layer.unsupported("", "%s: %s".formatted(index, why));
  }
}
