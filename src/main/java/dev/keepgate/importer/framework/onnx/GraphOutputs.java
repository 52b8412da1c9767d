package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.importer.framework.onnx.Value.Selection;
import dev.keepgate.importer.framework.onnx.Value.Signal;
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
    List<Signal> signals = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!(values.get(i) instanceof Signal signal)) {
        throw refuse(evaluation, i, "does not depend on the model's input");
      }
      signals.add(signal);
    }
    int main = main(signals);
    if (main < 0) {
      throw ImportException.unsupported("graph", "no output is all that an LSTM or its head gives");
    }
    Stage top = top(signals.get(main));
    for (int i = 0; i < signals.size(); i++) {
      if (i != main && !isAnswered(signals.get(i), top)) {
        throw refuse(evaluation, i, "is neither the model's result nor a state of its cells");
      }
    }
    if (!top.hasLstm()) {
      throw refuse(evaluation, main, "no LSTM operator gives it");
    }
    return model(evaluation, main, signals.get(main), top, returnSequences);
  }

  private static Network model(
      Evaluation evaluation, int index, Signal main, Stage top, @Nullable Boolean returnSequences)
      throws ImportException {
    if (main.selection() == Selection.LAST && evaluation.lstm().lengths() != null) {
      throw refuse(
          evaluation, index, "is the last step, which is zero where sequence_lens ended before");
    }
    boolean steps = main.selection() == Selection.STEPS;
    List<Layer> layers = new ArrayList<>();
    for (Stage stage : top.path()) {
      layers.add(Objects.requireNonNull(stage.layer()));
    }
    return Network.chain(
        "onnx",
        layers,
        returnSequences == null ? steps : returnSequences,
        main.selection() == Selection.HIDDEN || main.selection() == Selection.CELL
            ? Summary.FINAL_STATE
            : Summary.LAST_STEP);
  }

  /** The first output that is no mere state; or else the first that has the top LSTM's h or c. */
  private static int main(List<Signal> signals) {
    for (int i = 0; i < signals.size(); i++) {
      Signal signal = signals.get(i);
      if (!isState(signal) && isAll(signal)) {
        return i;
      }
    }
    for (int i = 0; i < signals.size(); i++) {
      if (isState(signals.get(i)) && signals.get(i).cut() == null) {
        return i;
      }
    }
    return -1;
  }

  /** Whether it is a state of LSTM layers as an answer has it. */
  private static boolean isState(Signal signal) {
    return (signal.selection() == Selection.HIDDEN || signal.selection() == Selection.CELL)
        && signal.parts().stream().allMatch(part -> part.stage().lstm() != null);
  }

  /** Whether it is one stage's, all directions in order, however its dimensions lie. */
  private static boolean isAll(Signal signal) {
    return signal.isWhole()
        || (signal.cut() == null
            && signal.selection() != Selection.FIRST
            && LayoutOperators.isComplete(signal.parts()));
  }

  private static Stage top(Signal main) {
    Stage top = main.stage();
    for (Part part : main.parts()) {
      if (part.stage().path().size() > top.path().size()) {
        top = part.stage();
      }
    }
    return top;
  }

  /** Whether an answer has it: a state of a cell below, or the result at other steps. */
  private static boolean isAnswered(Signal signal, Stage top) {
    if (isState(signal)) {
      return signal.parts().stream()
          .allMatch(part -> top.path().stream().anyMatch(part.stage()::hasCellsOf));
    }
    return isAll(signal)
        && signal.stage() == top
        && (signal.selection() == Selection.LAST || signal.selection() == Selection.STEPS);
  }

  private static ImportException refuse(Evaluation evaluation, int output, String detail) {
    return ImportException.unsupported(
        "output '" + evaluation.outputNames().get(output) + "'", detail);
  }
}
