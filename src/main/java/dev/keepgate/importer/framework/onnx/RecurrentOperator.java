package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellType;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import java.io.IOException;
import java.util.ArrayList;
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

  /** ONNX Runtime's own domain, and its LSTM of 8-bit weights. */
  private static final String RUNTIME = "com.microsoft";

  private static final String QUANTISED = "DynamicQuantizeLSTM";

  private @Nullable String lengths;
  private boolean seen;
  private final InitialStates initialStates = new InitialStates();

  /** The graph input with the lengths of the sequences; null where there is none. */
  @Nullable String lengths() {
    return lengths;
  }

  /** Graph inputs that hold what the network's state begins with. */
  Set<String> states() {
    return initialStates.inputs();
  }

  /** Whether a node is one of these. */
  static boolean isNamed(OnnxNode node) {
    return node.domain().equals(RUNTIME)
        ? node.operator().equals(QUANTISED)
        : (node.domain().isEmpty() || node.domain().equals("ai.onnx"))
            && TYPES.contains(node.operator());
  }

  private static CellType type(OnnxNode node) {
    return node.operator().equals(QUANTISED) ? CellType.LSTM : CellType.valueOf(node.operator());
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
    Data x = call.data(0);
    if (x.rank() != 3) {
      throw call.refuse("its input has %d dimensions, expected 3".formatted(x.rank()));
    }
    boolean batchFirst = call.node().integer("layout", 0) == 1;
    int time = batchFirst ? 1 : 0;
    requireBatch(call, x, 1 - time);
    learnTime(call, x.dims().get(time));
    learnStep(call, x, x.dims().get(time));
    readLengths(call, x.size(time));
    NodeCells cells = cells(call);
    ProductOperators.requireWidth(call, x, x.dims().get(2), cells.inputSize());
    Layer.Recurrent layer = layer(call, cells);
    Data plain = Alignment.withoutUnits(x);
    Data steps = call.nodes().arranged(plain, List.of(steps(plain, time), plain.dims().get(2)));
    boolean isStreamed = call.nodes().shape(steps.node()).isStreamed();
    List<String> below = new ArrayList<>(List.of(steps.node()));
    below.addAll(initialStates.add(call, layer, steps.node(), isStreamed));
    String node = call.nodes().add(call.node().name(), layer, below);
    return outputs(call, new Made(layer, node, steps.groups().get(0)), plain.dims(), batchFirst);
  }

  /** The axes of time: its dimension's, or those of the steps that the graph sees one of. */
  private static List<Axis> steps(Data x, int time) {
    List<Axis> own = x.dims().get(time);
    if (!own.isEmpty()) {
      return own;
    }
    List<Axis> shown = GraphNodes.flat(x.dims());
    return x.axes().stream().filter(axis -> !shown.contains(axis)).toList();
  }

  /** A graph of one step that takes its state from its inputs is one step of a sequence. */
  private static void learnStep(OperatorCall call, Data x, List<Axis> time) {
    GraphInputs inputs = call.nodes().inputs();
    boolean isOfState = call.find(5) instanceof Data state && inputs.has(state.node());
    for (Axis axis : GraphNodes.flat(x.dims())) {
      boolean isOne = time.isEmpty() && axis.isBatch() && inputs.isOpen() && isOfState;
      if (isOne && inputs.layout(axis.input()).time() != InputLayout.ONE_STEP) {
        InputLayout layout = inputs.layout(axis.input());
        throw new InputLayout.Learned(axis.input(), layout.withTime(InputLayout.ONE_STEP));
      }
    }
  }

  /** The layer that a node became. */
  private record Made(Layer.Recurrent layer, String node, List<Axis> time) {}

  private static List<Value> outputs(
      OperatorCall call, Made made, List<List<Axis>> x, boolean batchFirst) {
    boolean both = made.layer.isBidirectional();
    int hidden = made.layer.outputSize() / (both ? 2 : 1);
    Axis units = call.nodes().axis(hidden);
    Axis directions = call.nodes().inputs().axis(Dimension.of(2), Axis.DIRECTIONS, 2);
    List<Axis> direction = both ? List.of(directions) : List.of();
    List<Axis> feature = List.of(units);
    List<Axis> wide = both ? List.of(directions, units) : feature;
    List<List<Axis>> all =
        batchFirst
            ? List.of(x.get(0), x.get(1), direction, feature)
            : List.of(x.get(0), direction, x.get(1), feature);
    List<List<Axis>> last =
        batchFirst ? List.of(x.get(0), direction, feature) : List.of(direction, x.get(1), feature);
    List<Value> outputs = new ArrayList<>();
    outputs.add(new Data(made.node, List.of(made.time, wide), all));
    outputs.add(new Data(made.node + ":" + Layer.Recurrent.FINAL, List.of(wide), last));
    if (made.layer.cellType() == CellType.LSTM) {
      String cell =
          both
              ? call.nodes()
                  .add(
                      call.node().name(),
                      new ShapeOperation.Concat(0),
                      List.of(made.node + ":forward_c", made.node + ":backward_c"))
              : made.node + ":c";
      outputs.add(new Data(cell, List.of(wide), last));
    }
    return outputs;
  }

  /** A dimension must be the batch; of an input it is learned where it is. */
  static void requireBatch(OperatorCall call, Data x, int dimension) throws ImportException {
    List<Axis> batch = x.dims().get(dimension);
    GraphInputs inputs = call.nodes().inputs();
    if (batch.size() == 1 && batch.get(0).isBatch()) {
      return;
    }
    List<Axis> elsewhere = x.dims().stream().flatMap(List::stream).filter(Axis::isBatch).toList();
    if (batch.isEmpty() && elsewhere.isEmpty()) {
      return;
    }
    Axis known = !batch.isEmpty() ? batch.get(0) : elsewhere.isEmpty() ? null : elsewhere.get(0);
    if (batch.size() > 1 || known == null || known.input().isEmpty()) {
      throw call.refuse("its input's dimensions are not time, batch and features");
    }
    InputLayout layout = inputs.layout(known.input());
    throw new InputLayout.Learned(
        known.input(), layout.withBatch(batch.isEmpty() ? InputLayout.NONE : known.index()));
  }

  /** The first recurrent layer over an input tells which of its dimensions is time. */
  private static void learnTime(OperatorCall call, List<Axis> time) {
    GraphInputs inputs = call.nodes().inputs();
    if (time.size() != 1 || time.get(0).input().isEmpty() || time.get(0).isBatch()) {
      return;
    }
    Axis axis = time.get(0);
    InputLayout layout = inputs.layout(axis.input());
    boolean mayBeOpen = inputs.isOpen() || axis.written() < 0;
    if (mayBeOpen && layout.time() != axis.index()) {
      throw new InputLayout.Learned(axis.input(), layout.withTime(axis.index()));
    }
  }

  /** All nodes must stop at the same lengths, as a request gives only one for each sequence. */
  private void readLengths(OperatorCall call, @Nullable SymbolicSize steps) throws ImportException {
    Value value = call.find(4);
    String here = null;
    if (value instanceof Data data && call.nodes().inputs().has(data.node()) && data.rank() == 1) {
      here = data.node();
    } else if (value != null) {
      checkFull(call, value, steps);
    }
    boolean same = here == null ? lengths == null : here.equals(lengths);
    if (seen && !same) {
      throw call.refuse("its sequence_lens are not those of the recurrent layer below");
    }
    lengths = here;
    seen = true;
  }

  private static void checkFull(OperatorCall call, Value value, @Nullable SymbolicSize steps)
      throws ImportException {
    SymbolicSize all = steps == null ? SymbolicSize.of(-1) : steps;
    boolean full = value instanceof Value.Filled filled && filled.size().equals(all);
    if (value instanceof Value.Integers integers) {
      full = integers.elements().stream().allMatch(all::equals);
    }
    if (!full) {
      throw call.refuse(
          "its sequence_lens are neither an input of the graph nor the length of every sequence");
    }
  }

  private static NodeCells cells(OperatorCall call) throws IOException, ImportException {
    boolean isQuantised = call.node().operator().equals(QUANTISED);
    OperatorCall plain = isQuantised ? QuantisedCells.dequantised(call) : call;
    return NodeCells.read(plain, type(call.node()), directions(call));
  }

  private static int directions(OperatorCall call) throws ImportException {
    String direction = call.node().string("direction", "forward");
    return switch (direction) {
      case "bidirectional" -> 2;
      case "forward", "reverse" -> 1;
      default -> throw call.refuse("direction '" + direction + "' is unknown");
    };
  }

  private static Layer.Recurrent layer(OperatorCall call, NodeCells cells)
      throws IOException, ImportException {
    Cell first = cells.cell(0);
    if (cells.directions() == 1) {
      return call.node().string("direction", "forward").equals("reverse")
          ? new Layer.Recurrent(null, first, Merge.CONCAT, false, false)
          : Layer.Recurrent.of(first);
    }
    return Layer.Recurrent.bidirectional(first, cells.cell(1));
  }
}
