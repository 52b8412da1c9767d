package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.model.TensorOperation.Reduction;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** A reduction of a constant to one number. */
final class ConstantReduction {

  private ConstantReduction() {}

  static Constant apply(OperatorCall call, Reduction reduction)
      throws IOException, ImportException {
    if (!call.node().operator().equals("Reduce" + word(reduction))) {
      throw call.refuse("it is of a constant");
    }
    Constant numbers = call.numbers(0);
    List<Integer> axes = call.axes(1, numbers.rank());
    if (axes != null && axes.size() != numbers.rank()) {
      throw call.refuse("it reduces a constant along some of its axes");
    }
    double result =
        switch (reduction) {
          case SUM, MEAN -> 0;
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
        };
    for (float number : numbers.values()) {
      result =
          switch (reduction) {
            case SUM, MEAN -> result + number;
            case MAX -> Math.max(result, number);
            case MIN -> Math.min(result, number);
          };
    }
    if (reduction == Reduction.MEAN) {
      result /= numbers.values().length;
    }
    boolean keeps = call.node().integer("keepdims", 1) != 0;
    int[] shape = new int[keeps ? numbers.rank() : 0];
    Arrays.fill(shape, 1);
    return new Constant(shape, new float[] {(float) result});
  }

  private static String word(Reduction reduction) {
    return switch (reduction) {
      case MEAN -> "Mean";
      case SUM -> "Sum";
      case MAX -> "Max";
      case MIN -> "Min";
    };
  }
}
