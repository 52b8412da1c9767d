package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a model of what a graph gives. One output is the model's; the others must be what an answer
 * has beside it: the states of its cells.
 */
final class GraphOutputs {

  private GraphOutputs() {}

  static Network model(Evaluation evaluation, List<Value> values, @Nullable Boolean returnSequences)
      throws ImportException {
    List<Data> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!(values.get(i) instanceof Data data)) {
        throw refuse(evaluation, i, "does not depend on the model's input");
      }
      results.add(data);
    }
    int main = main(results);
    if (main < 0) {
      throw ImportException.unsupported(
          "graph", "no output is all that a recurrent layer or its head gives");
    }
    LayerChain top = top(results.get(main));
    for (int i = 0; i < results.size(); i++) {
      if (i != main && !isAnswered(results.get(i), top)) {
        throw refuse(evaluation, i, "is neither the model's result nor a state of its cells");
      }
    }
    if (!top.hasRecurrent()) {
      throw refuse(evaluation, main, "no LSTM, GRU or RNN operator gives it");
    }
    return model(evaluation, main, results.get(main), top, returnSequences);
  }

  private static Network model(
      Evaluation evaluation,
      int index,
      Data main,
      LayerChain top,
      @Nullable Boolean returnSequences)
      throws ImportException {
    if (main.selection() == Selection.LAST && evaluation.recurrent().lengths() != null) {
      throw refuse(
          evaluation, index, "is the last step, which is zero where sequence_lens ended before");
    }
    boolean steps = main.selection() == Selection.STEPS;
    List<Layer> layers = new ArrayList<>();
    for (LayerChain chain : top.path()) {
      layers.add(Objects.requireNonNull(chain.layer()));
    }
    return Network.chain(
        "onnx",
        layers,
        returnSequences == null ? steps : returnSequences,
        main.selection() == Selection.HIDDEN || main.selection() == Selection.CELL
            ? Summary.FINAL_STATE
            : Summary.LAST_STEP);
  }

  /** The first output that is no mere state; or else the first that has the top layer's h or c. */
  private static int main(List<Data> results) {
    for (int i = 0; i < results.size(); i++) {
      Data data = results.get(i);
      if (!isState(data) && isAll(data)) {
        return i;
      }
    }
    for (int i = 0; i < results.size(); i++) {
      if (isState(results.get(i)) && results.get(i).range() == null) {
        return i;
      }
    }
    return -1;
  }

  /** Whether it is a state of recurrent layers as an answer has it. */
  private static boolean isState(Data data) {
    return (data.selection() == Selection.HIDDEN || data.selection() == Selection.CELL)
        && data.parts().stream().allMatch(part -> part.chain().recurrent() != null);
  }

  /** Whether it is one layer's, all directions in order, however its dimensions lie. */
  private static boolean isAll(Data data) {
    return data.isWhole()
        || (data.range() == null
            && data.selection() != Selection.FIRST
            && LayoutOperators.isComplete(data.parts()));
  }

  private static LayerChain top(Data main) {
    LayerChain top = main.chain();
    for (Part part : main.parts()) {
      if (part.chain().path().size() > top.path().size()) {
        top = part.chain();
      }
    }
    return top;
  }

  /** Whether an answer has it: a state of a cell below, or the result at other steps. */
  private static boolean isAnswered(Data data, LayerChain top) {
    if (isState(data)) {
      return data.parts().stream()
          .allMatch(part -> top.path().stream().anyMatch(part.chain()::hasCellsOf));
    }
    return isAll(data)
        && data.chain() == top
        && (data.selection() == Selection.LAST || data.selection() == Selection.STEPS);
  }

  private static ImportException refuse(Evaluation evaluation, int output, String detail) {
    return ImportException.unsupported(
        "output '" + evaluation.outputNames().get(output) + "'", detail);
  }
}
