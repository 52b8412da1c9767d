package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellType;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The operators LSTM, GRU and RNN. With G blocks, which are 4, 3 or 1: X [T, B, in], W [D, GH, in],
 * R [D, GH, H], B [D, 2GH], sequence_lens [B], initial_h [D, B, H], of an LSTM also initial_c [D,
 * B, H] and P [D, 3H] give Y [T, D, B, H], Y_h and, of an LSTM, Y_c [D, B, H]; with layout 1 the
 * batch comes first in all that have one. Where the specification leaves room, it does as ONNX
 * Runtime.
 */
final class RecurrentOperator implements Operator {

  /** The operators' names are those of the cells. */
  private static final Set<String> TYPES =
      Arrays.stream(CellType.values()).map(Enum::name).collect(Collectors.toSet());

  private @Nullable List<Axis> time;
  private @Nullable List<Axis> batch;
  private @Nullable String lengths;
  private boolean seen;
  private final InitialStates initialStates = new InitialStates();

  /** The axis of time; null where the graph's input has none, or there is no recurrent node yet. */
  @Nullable Axis time() {
    return time == null || time.isEmpty() ? null : time.get(0);
  }

  /** The graph input with the lengths of the sequences; null where there is none. */
  @Nullable String lengths() {
    return lengths;
  }

  /** Whether a node is one of these. */
  static boolean isNamed(OnnxNode node) {
    return TYPES.contains(node.operator());
  }

  private static CellType type(OnnxNode node) {
    return CellType.valueOf(node.operator());
  }

  /** The number of dimensions that one of the operator's inputs has. */
  static int rankOf(int input) {
    return switch (input) {
      case 3, 7 -> 2;
      case 4 -> 1;
      default -> 3;
    };
  }

  @Override
  public List<Value> apply(OperatorCall call) throws IOException, ImportException {
    Data x = call.wholeData(0);
    if (x.rank() != 3) {
      throw call.refuse("its input has %d dimensions, expected 3".formatted(x.rank()));
    }
    if (x.selection() != Selection.STEPS) {
      throw call.refuse("it reads the result of another layer that is not a sequence");
    }
    boolean batchFirst = call.node().integer("layout", 0) == 1;
    bind(call, x, batchFirst);
    readLengths(call);
    Layer.Recurrent layer = layer(call, x);
    int directions = layer.isBidirectional() ? 2 : 1;
    int hidden = layer.outputSize() / directions;
    initialStates.add(call, directions, hidden, batchFirst);
    return outputs(x, layer, batchFirst);
  }

  private static List<Value> outputs(Data x, Layer.Recurrent layer, boolean batchFirst) {
    LayerChain chain = x.chain().then(layer);
    boolean both = layer.isBidirectional();
    List<Part> parts =
        both
            ? List.of(new Part(chain, 0), new Part(chain, 1))
            : List.of(new Part(chain, Part.WHOLE));
    List<Axis> direction = both ? List.of(Axis.PARTS) : List.of();
    List<Axis> feature = List.of(Axis.FEATURE);
    List<Axis> first = x.axes().get(0);
    List<Axis> second = x.axes().get(1);
    List<List<Axis>> all =
        batchFirst
            ? List.of(first, second, direction, feature)
            : List.of(first, direction, second, feature);
    List<List<Axis>> last =
        batchFirst ? List.of(first, direction, feature) : List.of(direction, second, feature);
    Data steps = new Data(Selection.STEPS, parts, null, all);
    Data hiddens = new Data(Selection.HIDDEN, parts, null, last);
    return layer.cellType() == CellType.LSTM
        ? List.of(steps, hiddens, new Data(Selection.CELL, parts, null, last))
        : List.of(steps, hiddens);
  }

  /** The first node tells which axis of the input is time and which the batch. */
  private void bind(OperatorCall call, Data x, boolean batchFirst) throws ImportException {
    List<Axis> timeHere = x.axes().get(batchFirst ? 1 : 0);
    List<Axis> batchHere = x.axes().get(batchFirst ? 0 : 1);
    List<Axis> features = x.axes().get(2);
    if (time == null || batch == null) {
      boolean simple = timeHere.size() <= 1 && batchHere.size() <= 1 && features.size() == 1;
      if (!simple || timeHere.contains(Axis.FEATURE) || batchHere.contains(Axis.FEATURE)) {
        throw call.refuse("its input's dimensions are not time, batch and features");
      }
      time = timeHere;
      batch = batchHere;
    } else if (!time.equals(timeHere) || !batch.equals(batchHere) || !x.endsInFeatures()) {
      throw call.refuse("its input's dimensions are not those of the recurrent layer below");
    }
  }

  /** All nodes must stop at the same lengths, as a request gives only one for each sequence. */
  private void readLengths(OperatorCall call) throws ImportException {
    Value value = call.find(4);
    String here = null;
    if (value instanceof Data data && data.isInput() && data.rank() == 1) {
      here = data.chain().input();
    } else if (value != null) {
      checkFull(call, value);
    }
    boolean same = here == null ? lengths == null : here.equals(lengths);
    if (seen && !same) {
      throw call.refuse("its sequence_lens are not those of the recurrent layer below");
    }
    lengths = here;
    seen = true;
  }

  private void checkFull(OperatorCall call, Value value) throws ImportException {
    Axis axis = time();
    SymbolicSize all = axis == null ? SymbolicSize.of(1) : SymbolicSize.of(axis);
    boolean full = value instanceof Value.Filled filled && filled.size().equals(all);
    if (value instanceof Value.Integers integers) {
      full = integers.elements().stream().allMatch(all::equals);
    }
    if (!full) {
      throw call.refuse(
          "its sequence_lens are neither an input of the graph nor the length of every sequence");
    }
  }

  private static Layer.Recurrent layer(OperatorCall call, Data x)
      throws IOException, ImportException {
    String direction = call.node().string("direction", "forward");
    boolean both = direction.equals("bidirectional");
    boolean reverse = direction.equals("reverse");
    if (!both && !reverse && !direction.equals("forward")) {
      throw call.refuse("direction '" + direction + "' is unknown");
    }
    NodeCells cells = NodeCells.read(call, type(call.node()), both ? 2 : 1);
    int given = x.endsInFeatures() ? x.chain().width() : (int) x.axes().get(2).get(0).size();
    if (given >= 0 && given != cells.inputSize()) {
      throw call.refuse(
          "W takes %d features, the layer below gives %d".formatted(cells.inputSize(), given));
    }
    Cell first = cells.cell(0);
    if (!both) {
      return reverse
          ? new Layer.Recurrent(null, first, Merge.CONCAT, false, false)
          : Layer.Recurrent.of(first);
    }
    return Layer.Recurrent.bidirectional(first, cells.cell(1));
  }
}
