package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.InputRange;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the recurrent layers of a graph begin: at zero, or at what the graph's inputs say. A
 * request gives the states of all cells in the order of the layers, so the graph must take them in
 * that order.
 */
final class InitialStates {

  /** How far each graph input is used up, by the layers from the first on. */
  private final Map<String, Long> used = new HashMap<>();

  /** What each graph input holds: h, or c. */
  private final Map<String, Integer> kinds = new HashMap<>();

  /** Takes the initial_h and initial_c of the next layer. */
  void add(OperatorCall call, int directions, int hidden, boolean batchFirst)
      throws IOException, ImportException {
    for (int input = 5; input <= 6; input++) {
      Value value = call.find(input);
      if (value instanceof Data data) {
        take(call, input, data, directions, hidden, batchFirst ? 1 : 0);
      } else if (value != null && !isZero(call, input, value)) {
        throw call.refuse(
            "its initial state '%s' is a constant other than zero"
                .formatted(call.node().inputs().get(input)));
      }
    }
  }

  private static boolean isZero(OperatorCall call, int input, Value value)
      throws IOException, ImportException {
    if (value instanceof Value.StoredConstant || value instanceof Value.Constant) {
      for (float number : call.numbers(input).values()) {
        if (number != 0) {
          return false;
        }
      }
      return true;
    }
    return value instanceof Value.Zeros;
  }

  private void take(
      OperatorCall call, int input, Data data, int directions, int hidden, int directionAxis)
      throws ImportException {
    String name = call.node().inputs().get(input);
    if (!data.isInput() || data.rank() != 3) {
      throw call.refuse("its initial state '" + name + "' is computed from the model's input");
    }
    List<Axis> direction = data.axes().get(directionAxis);
    List<Axis> units = data.axes().get(2);
    if (direction.size() > 1 || units.size() > 1 || data.axes().get(1 - directionAxis).size() > 1) {
      throw call.refuse("its initial state '" + name + "' mixes dimensions of the graph's input");
    }
    long width = units.isEmpty() ? 1 : units.get(0).size();
    if (width >= 0 && width != hidden) {
      throw call.refuse(
          "its initial state '%s' has %d features, expected %d".formatted(name, width, hidden));
    }
    takeRange(call, input, data, direction.isEmpty() ? null : direction.get(0), directions);
  }

  private void takeRange(
      OperatorCall call, int input, Data data, @Nullable Axis axis, int directions)
      throws ImportException {
    InputRange range = data.range();
    if (range != null && axis != null && !range.axis().equals(axis)) {
      throw call.refuse("its initial state is cut across the cells of the graph's input");
    }
    long from = range == null ? 0 : range.from();
    long size = range != null ? range.to() - range.from() : axis == null ? 1 : axis.size();
    if (size >= 0 && size != directions) {
      throw call.refuse(
          "its initial state '%s' is of %d cells, expected %d"
              .formatted(call.node().inputs().get(input), size, directions));
    }
    String of = data.chain().input();
    Integer kind = kinds.putIfAbsent(of, input);
    if ((kind != null && kind != input) || used.getOrDefault(of, 0L) != from) {
      throw call.refuse(
          "it does not take the states of '%s' in the order of the layers".formatted(of));
    }
    used.put(of, from + directions);
  }
}
