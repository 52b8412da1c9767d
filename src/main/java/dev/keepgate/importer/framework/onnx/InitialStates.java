package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.InputRange;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.CellType;
import dev.keepgate.model.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the recurrent layers of a graph begin: at zero, at what the graph's inputs say, at a
 * constant, or at what other layers give. A request gives the states of all cells in the order of
 * the layers, so the graph must take its inputs in that order.
 */
final class InitialStates {

  private static final int H = 5;

  /** How far each graph input is used up, by the layers from the first on. */
  private final Map<String, Long> used = new HashMap<>();

  /** What each graph input holds: h, or c. */
  private final Map<String, Integer> kinds = new HashMap<>();

  Set<String> inputs() {
    return used.keySet();
  }

  /**
   * Takes the initial_h and initial_c of the next layer.
   *
   * @param like a node that tells the batch
   * @return the nodes that the layer begins with, in the order of its slots; none where its state
   *     is the network's
   */
  List<String> add(OperatorCall call, Layer.Recurrent layer, String like, boolean isStreamed)
      throws IOException, ImportException {
    int slots = layer.cellType() == CellType.LSTM ? 2 : 1;
    List<@Nullable Value> given = new ArrayList<>();
    boolean isMade = false;
    for (int i = 0; i < slots; i++) {
      Value value = call.find(H + i);
      Value other = value == null || isZero(call, H + i, value) ? null : value;
      given.add(other);
      isMade |= other != null && !(isStreamed && isInput(call, other));
    }
    Place place = Place.of(call, layer);
    if (!isMade) {
      for (int i = 0; i < slots; i++) {
        if (given.get(i) instanceof Data data) {
          take(call, H + i, data, place);
        }
      }
      return List.of();
    }
    List<String> below = new ArrayList<>();
    for (int direction = 0; direction < place.directions; direction++) {
      for (Value value : given) {
        below.add(node(call, value, place, direction, like));
      }
    }
    return below;
  }

  /** Where in a state the directions are, and how many it has of which size. */
  private record Place(int directions, int hidden, int directionAxis) {
    static Place of(OperatorCall call, Layer.Recurrent layer) throws ImportException {
      int directions = layer.isBidirectional() ? 2 : 1;
      boolean batchFirst = call.node().integer("layout", 0) == 1;
      return new Place(directions, layer.outputSize() / directions, batchFirst ? 1 : 0);
    }

    int batchAxis() {
      return 1 - directionAxis;
    }
  }

  private static boolean isInput(OperatorCall call, Value value) {
    return value instanceof Data data && call.nodes().inputs().has(data.node());
  }

  private static boolean isZero(OperatorCall call, int input, Value value)
      throws IOException, ImportException {
    return value instanceof Value.Zeros
        || (call.isConstant(input) && Repeating.isZero(call.numbers(input)));
  }

  /** What a direction begins with, [batch, hidden]. */
  private static String node(
      OperatorCall call, @Nullable Value value, Place place, int direction, String like)
      throws IOException, ImportException {
    if (value instanceof Data data) {
      return ofData(call, data, place, direction);
    }
    float[] numbers = new float[place.hidden];
    if (value != null) {
      Constant all = call.constant(value);
      if (all.rank() == 3) {
        all = ConstantFolding.firstOfEqual(call, all, place.batchAxis());
      }
      if (all.rank() != 3
          || all.shape()[place.batchAxis()] != 1
          || all.shape()[place.directionAxis] != place.directions
          || all.shape()[2] != place.hidden) {
        throw call.refuse(
            "its initial state has shape %s, expected one of %d for each of %d cells"
                .formatted(Arrays.toString(all.shape()), place.hidden, place.directions));
      }
      System.arraycopy(all.values(), direction * place.hidden, numbers, 0, place.hidden);
    }
    return call.nodes()
        .add("initial", new ArrayOperation.Constant(List.of(place.hidden), numbers), List.of(like));
  }

  private static String ofData(OperatorCall call, Data given, Place place, int direction)
      throws ImportException {
    Data data = call.nodes().settled(given);
    if (data.rank() != 3) {
      throw call.refuse("its initial state has %d dimensions".formatted(data.rank()));
    }
    RecurrentOperator.requireBatch(call, data, place.batchAxis());
    List<Axis> cells = data.dims().get(place.directionAxis);
    Data own = data;
    int units = 2;
    if (!cells.isEmpty()) {
      Slicing.Range one = new Slicing.Range(direction, direction + 1L, 1);
      own = Slicing.part(call, data, place.directionAxis, one, true);
      units = 1;
    } else if (place.directions != 1) {
      throw call.refuse("its initial state is of one cell, expected 2");
    }
    ProductOperators.requireWidth(call, own, own.dims().get(units), place.hidden);
    Data settled = Alignment.withoutUnits(call.nodes().settled(own));
    return call.nodes().arranged(settled, List.of(settled.dims().get(units))).node();
  }

  private void take(OperatorCall call, int input, Data data, Place place) throws ImportException {
    String name = call.node().inputs().get(input);
    if (data.rank() != 3) {
      throw call.refuse("its initial state '" + name + "' has not three dimensions");
    }
    InputLayout layout = call.nodes().inputs().layout(data.node());
    if (layout.time() >= 0) {
      throw new InputLayout.Learned(data.node(), layout.withoutTime());
    }
    RecurrentOperator.requireBatch(call, data, place.batchAxis());
    List<Axis> direction = data.dims().get(place.directionAxis);
    List<Axis> units = data.dims().get(2);
    if (direction.size() > 1 || units.size() > 1) {
      throw call.refuse("its initial state '" + name + "' mixes dimensions of the graph's input");
    }
    boolean isKnown = units.isEmpty() || units.get(0).isFixed();
    long width = units.isEmpty() ? 1 : units.get(0).size().size();
    if (isKnown && width != place.hidden) {
      throw call.refuse(
          "its initial state '%s' has %d features, expected %d"
              .formatted(name, width, place.hidden));
    }
    takeRange(call, input, data, direction.isEmpty() ? null : direction.get(0), place.directions);
  }

  private void takeRange(
      OperatorCall call, int input, Data data, @Nullable Axis axis, int directions)
      throws ImportException {
    InputRange range = data.range();
    if (range != null && range.axis().index() == 2) {
      throw call.refuse("its initial state is cut across the cells of the graph's input");
    }
    long from = range == null ? 0 : range.from();
    long size =
        range != null
            ? range.to() - range.from()
            : axis == null ? 1 : axis.isFixed() ? axis.size().size() : -1;
    if (size >= 0 && size != directions) {
      throw call.refuse(
          "its initial state '%s' is of %d cells, expected %d"
              .formatted(call.node().inputs().get(input), size, directions));
    }
    String of = data.node();
    Integer kind = kinds.putIfAbsent(of, input);
    if ((kind != null && kind != input) || used.getOrDefault(of, 0L) != from) {
      throw call.refuse(
          "it does not take the states of '%s' in the order of the layers".formatted(of));
    }
    used.put(of, from + directions);
  }
}
