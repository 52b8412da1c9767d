package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The LSTM operator. X [T, B, in], W [D, 4H, in], R [D, 4H, H], B [D, 8H], sequence_lens [B],
 * initial_h and initial_c [D, B, H], P [D, 3H] give Y [T, D, B, H], Y_h and Y_c [D, B, H]; with
 * layout 1 the batch comes first in all that have one. Where the specification leaves room, it does
 * as ONNX Runtime.
 */
final class LstmOperator implements Operator {

  private @Nullable List<Axis> time;
  private @Nullable List<Axis> batch;
  private @Nullable String lengths;
  private boolean seen;
  private final InitialStates initialStates = new InitialStates();

  /** The axis of time; null where the graph's input has none, or there is no LSTM yet. */
  @Nullable Axis time() {
    return time == null || time.isEmpty() ? null : time.get(0);
  }

  /** The graph input with the lengths of the sequences; null where there is none. */
  @Nullable String lengths() {
    return lengths;
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
      throw call.refuse("it reads the result of another LSTM that is not a sequence");
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
    return List.of(
        new Data(Selection.STEPS, parts, null, all),
        new Data(Selection.HIDDEN, parts, null, last),
        new Data(Selection.CELL, parts, null, last));
  }

  /** The first LSTM tells which axis of the input is time and which the batch. */
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
      throw call.refuse("its input's dimensions are not those of the LSTM below");
    }
  }

  /** All LSTMs must stop at the same lengths, as a request gives only one for each sequence. */
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
      throw call.refuse("its sequence_lens are not those of the LSTM below");
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
    LstmCells cells = LstmCells.read(call, both ? 2 : 1);
    int given = x.endsInFeatures() ? x.chain().width() : (int) x.axes().get(2).get(0).size();
    if (given >= 0 && given != cells.inputSize()) {
      throw call.refuse(
          "W takes %d features, the layer below gives %d".formatted(cells.inputSize(), given));
    }
    LstmCell first = cells.cell(0);
    if (!both) {
      return reverse
          ? new Layer.Recurrent(null, first, Merge.CONCAT, false, false)
          : Layer.Recurrent.of(first);
    }
    return Layer.Recurrent.bidirectional(first, cells.cell(1));
  }

  /** The numbers and options of a node's cells. */
  private record LstmCells(
      OperatorCall call, int directions, int inputSize, int hidden, List<Activation> activations) {

    static LstmCells read(OperatorCall call, int directions) throws IOException, ImportException {
      int[] kernel = shape(call, 1);
      int[] recurrent = shape(call, 2);
      if (kernel.length != 3 || recurrent.length != 3 || recurrent[2] < 1 || kernel[2] < 1) {
        throw call.refuse(
            "W %s and R %s must be [directions, 4 * hidden, inputs]"
                .formatted(Arrays.toString(kernel), Arrays.toString(recurrent)));
      }
      int hidden = recurrent[2];
      long claimed = call.node().integer("hidden_size", hidden);
      if (claimed != hidden) {
        throw call.refuse("hidden_size is %d, R has %d".formatted(claimed, hidden));
      }
      return new LstmCells(
          call, directions, kernel[2], hidden, LstmActivations.read(call, directions));
    }

    private static int[] shape(OperatorCall call, int input) throws IOException, ImportException {
      return call.get(input) instanceof Value.StoredConstant stored
          ? stored.tensor().shape()
          : call.numbers(input).shape();
    }

    LstmCell cell(int direction) throws IOException, ImportException {
      return new LstmCell(config(direction), weights(direction));
    }

    private CellConfig config(int direction) throws ImportException {
      float clip = call.node().number("clip", CellConfig.NO_CLIP);
      if (!(clip > 0)) {
        throw call.refuse("clip must be positive, is " + clip);
      }
      return CellConfig.builder(inputSize, hidden)
          .peepholes(call.has(7))
          .coupled(call.node().integer("input_forget", 0) != 0)
          .inputClip(clip)
          .recurrentActivation(activations.get(3 * direction))
          .activation(activations.get(3 * direction + 1))
          .cellActivation(activations.get(3 * direction + 2))
          .build();
    }

    private CellWeights weights(int direction) throws IOException, ImportException {
      return new CellWeights(
          GateBlocks.fromRows(
              part(direction, 1, 4 * hidden, inputSize), inputSize, hidden, GateOrder.IOFG),
          GateBlocks.fromRows(
              part(direction, 2, 4 * hidden, hidden), hidden, hidden, GateOrder.IOFG),
          bias(direction),
          call.has(7) ? peepholes(part(direction, 7, 3 * hidden)) : null,
          null);
    }

    /** Wb and Rb lie behind each other, and are summed. */
    private float[] bias(int direction) throws IOException, ImportException {
      float[] sum = new float[4 * hidden];
      if (call.has(3)) {
        float[] both = part(direction, 3, 8 * hidden);
        for (int i = 0; i < sum.length; i++) {
          sum[i] = both[i] + both[sum.length + i];
        }
      }
      return GateBlocks.fromVector(sum, hidden, GateOrder.IOFG);
    }

    /** From input, output, forget to input, forget, output. */
    private float[] peepholes(float[] stored) {
      float[] ours = new float[stored.length];
      System.arraycopy(stored, 0, ours, 0, hidden);
      System.arraycopy(stored, 2 * hidden, ours, hidden, hidden);
      System.arraycopy(stored, hidden, ours, 2 * hidden, hidden);
      return ours;
    }

    /** One direction's numbers of an input whose first dimension is the directions. */
    private float[] part(int direction, int input, int... shape)
        throws IOException, ImportException {
      int[] full = new int[shape.length + 1];
      full[0] = directions;
      System.arraycopy(shape, 0, full, 1, shape.length);
      float[] all = call.numbers(input, full);
      int length = all.length / directions;
      return directions == 1
          ? all
          : Arrays.copyOfRange(all, direction * length, (direction + 1) * length);
    }
  }
}
