package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceRequest.Units;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.model.ClassProbabilities;
import dev.keepgate.model.ModelSettings.Classes;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns that an answer has of a model's outputs: numbers, or the likeliest classes. */
final class OutputCells {

  private final Signature signature;
  private final int top;

  /** Whether a line is a step; else it is a window, of which the last step is answered. */
  private final boolean perStep;

  OutputCells(Signature signature, Units units, boolean perStep) {
    this.signature = signature;
    this.perStep = perStep;
    Classes classes = signature.settings().classes();
    this.top = classes == null ? 0 : Math.min(units.top(), classes.labels().names().size());
    for (Signature.Output output : signature.outputs()) {
      requireOpen(output);
    }
  }

  private void requireOpen(Signature.Output output) {
    int first = output.isStreamed() ? 2 : 1;
    boolean isOpen =
        output.shape().subList(first, output.shape().size()).stream()
            .anyMatch(dim -> dim.symbol() != null);
    if (perStep && !output.isStreamed()) {
      throw new TensorFormatException(
          "?window",
          "is missing: the output '%s' is of all lines together, not of each; say how many make one"
              .formatted(output.name()));
    }
    if (isOpen) {
      throw new TensorFormatException(
          "", "the output '%s' has no fixed number of columns".formatted(output.name()));
    }
  }

  /** How many numbers a line has of an output. */
  private int width(Signature.Output output) {
    long width = 1;
    for (int axis = output.isStreamed() ? 2 : 1; axis < output.shape().size(); axis++) {
      width *= output.shape().get(axis).size();
    }
    return Math.toIntExact(width);
  }

  /** How many numbers a line has of all outputs. */
  long width() {
    return signature.outputs().stream().mapToLong(this::width).sum();
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    for (int rank = 1; rank <= top; rank++) {
      names.add(rank == 1 ? "class" : "class_" + rank);
      names.add(rank == 1 ? "probability" : "probability_" + rank);
    }
    if (top > 0) {
      return names;
    }
    List<String> targets = signature.settings().columns().targets();
    for (Signature.Output output : signature.outputs()) {
      int width = width(output);
      boolean isOnly = signature.outputs().size() == 1;
      names.addAll(
          isOnly && targets.size() == width
              ? targets
              : numbered(isOnly ? "output" : output.name(), width));
    }
    return names;
  }

  /** {@code name_0}, {@code name_1}, … */
  static List<String> numbered(String name, int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(name + "_" + i);
    }
    return names;
  }

  /**
   * Writes the cells of a line.
   *
   * @param outputs of the result, in the model's order
   * @param row of the request
   * @param step of the row; 0 where only its last one is answered
   */
  void write(AnswerWriter to, List<InferenceResult.Output> outputs, int row, int step) {
    for (int i = 0; i < outputs.size(); i++) {
      InferenceResult.Output output = outputs.get(i);
      int width = width(signature.outputs().get(i));
      int at = row * output.rowSize() + step * width;
      Classes classes = signature.settings().classes();
      if (classes != null) {
        writeClasses(to, new ClassProbabilities(classes), output.values(), at, width);
        return;
      }
      write(to, output.values(), at, width, output.scaler());
    }
  }

  private void writeClasses(
      AnswerWriter to, ClassProbabilities classes, float[] values, int at, int width) {
    for (ClassProbabilities.Ranked ranked : classes.top(values, at, width, top)) {
      to.cell(ranked.name()).number(ranked.probability());
    }
  }

  static void write(AnswerWriter to, float[] values, int at, int width, @Nullable Scaler scaler) {
    for (int i = 0; i < width; i++) {
      if (scaler == null) {
        to.number(values[at + i]);
      } else {
        to.number(scaler.invert(i % scaler.outputs(), values[at + i]));
      }
    }
  }
}
