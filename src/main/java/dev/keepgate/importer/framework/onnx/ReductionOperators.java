package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation.Function;
import dev.keepgate.model.Layer;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The operators that make one number of all along some dimensions. */
final class ReductionOperators {

  /** What is made of each number before, and of the result. */
  private interface Step {
    Data apply(OperatorCall call, Data data) throws IOException, ImportException;
  }

  private static final Step SAME = (call, data) -> data;
  private static final Step SQUARE =
      (call, data) ->
          data.at(
              call.nodes()
                  .add(
                      call,
                      new TensorOperation.Combine(Arithmetic.MULTIPLY),
                      data.node(),
                      data.node()));
  private static final Step ABSOLUTE =
      (call, data) -> ActivationOperators.apply(call, data, Function.ABSOLUTE);
  private static final Step ROOT =
      (call, data) -> ActivationOperators.apply(call, data, Function.SQRT);
  private static final Step LOGARITHM =
      (call, data) -> ActivationOperators.apply(call, data, Function.LOGARITHM);

  static final Map<String, Operator> ALL =
      Map.of(
          "ReduceMean", call -> reduce(call, SAME, Reduction.MEAN, SAME),
          "ReduceSum", call -> reduce(call, SAME, Reduction.SUM, SAME),
          "ReduceMax", call -> reduce(call, SAME, Reduction.MAX, SAME),
          "ReduceMin", call -> reduce(call, SAME, Reduction.MIN, SAME),
          "ReduceL1", call -> reduce(call, ABSOLUTE, Reduction.SUM, SAME),
          "ReduceL2", call -> reduce(call, SQUARE, Reduction.SUM, ROOT),
          "ReduceSumSquare", call -> reduce(call, SQUARE, Reduction.SUM, SAME),
          "ReduceLogSum", call -> reduce(call, SAME, Reduction.SUM, LOGARITHM),
          "GlobalAveragePool", call -> List.of(overSteps(call, Reduction.MEAN)),
          "GlobalMaxPool", call -> List.of(overSteps(call, Reduction.MAX)));

  private ReductionOperators() {}

  private static List<Value> reduce(OperatorCall call, Step before, Reduction reduction, Step after)
      throws IOException, ImportException {
    if (!call.isData(0)) {
      return List.of(ConstantReduction.apply(call, reduction));
    }
    Data data = call.data(0);
    List<Integer> axes = call.axes(1, data.rank());
    boolean keeps = call.node().integer("keepdims", 1) != 0;
    if (axes == null || axes.isEmpty()) {
      if (call.node().integer("noop_with_empty_axes", 0) != 0) {
        return List.of(after.apply(call, before.apply(call, data)));
      }
      axes = new ArrayList<>();
      for (int i = 0; i < data.rank(); i++) {
        axes.add(i);
      }
    }
    Data prepared = before.apply(call, data);
    return List.of(after.apply(call, reduced(call, prepared, axes, reduction, keeps)));
  }

  /**
   * One number of all along some dimensions.
   *
   * @param keeps whether the dimensions stay, of size 1
   */
  static Data reduced(
      OperatorCall call, Data data, List<Integer> dimensions, Reduction reduction, boolean keeps)
      throws ImportException {
    List<Axis> axes = new ArrayList<>();
    for (int dimension : dimensions) {
      axes.addAll(data.dims().get(dimension));
    }
    for (Axis axis : List.copyOf(axes)) {
      if (axis.isBatch() && axis.written() != 1) {
        throw call.refuseBatch(data, "it makes one number of all rows of the batch");
      }
      if (axis.isBatch()) {
        axes.remove(axis);
      }
    }
    List<List<Axis>> dims = new ArrayList<>();
    for (int i = 0; i < data.rank(); i++) {
      List<Axis> kept = data.dims().get(i).stream().filter(axis -> !axes.contains(axis)).toList();
      if (!dimensions.contains(i) || keeps) {
        dims.add(dimensions.contains(i) ? onlyBatch(kept) : kept);
      }
    }
    if (axes.isEmpty()) {
      return data.withDims(dims);
    }
    Data parted = parted(call, data, axes);
    Set<Integer> reduced = new TreeSet<>();
    List<List<Axis>> left = new ArrayList<>();
    for (int group = 0; group < parted.groups().size(); group++) {
      List<Axis> own = parted.groups().get(group);
      if (!own.isEmpty() && axes.containsAll(own)) {
        reduced.add(group);
      } else {
        left.add(own);
      }
    }
    String node =
        call.nodes()
            .add(call, new TensorOperation.Reduce(reduction, reduced, false), parted.node());
    return new Data(node, left.isEmpty() ? List.of(List.of()) : left, dims);
  }

  private static List<Axis> onlyBatch(List<Axis> axes) {
    return axes.stream().filter(Axis::isBatch).toList();
  }

  /** With the axes in dimensions of their own. */
  private static Data parted(OperatorCall call, Data data, List<Axis> axes) {
    List<List<Axis>> groups = new ArrayList<>();
    for (List<Axis> group : data.groups()) {
      boolean isWhole = axes.containsAll(group) || group.stream().noneMatch(axes::contains);
      if (isWhole) {
        groups.add(group);
      } else {
        group.forEach(axis -> groups.add(List.of(axis)));
      }
    }
    return call.nodes().arranged(data, groups);
  }

  /** log(sum(exp(x))) along a dimension of the node, which stays with size 1. */
  static Data logSumExp(OperatorCall call, Data data, int group)
      throws IOException, ImportException {
    List<Axis> axes = data.groups().get(group);
    int dimension = data.dims().indexOf(axes);
    Data most = reduced(call, data, List.of(dimension), Reduction.MAX, true);
    Data less = ArithmeticOperators.combine(call, data, most, Arithmetic.SUBTRACT);
    int width = call.nodes().shape(less.node()).width();
    Layer exp = new Layer.Activate(width, Activation.of(Activation.Kind.EXPONENTIAL));
    Data powers = less.at(call.nodes().add(call, exp, less.node()));
    Data sum = reduced(call, powers, List.of(dimension), Reduction.SUM, true);
    return ArithmeticOperators.combine(
        call, ActivationOperators.apply(call, sum, Function.LOGARITHM), most, Arithmetic.ADD);
  }

  /** Over all dimensions behind the channels, [batch, channels, ...]. */
  private static Data overSteps(OperatorCall call, Reduction reduction) throws ImportException {
    Data data = call.data(0);
    List<Integer> dimensions = new ArrayList<>();
    for (int i = 2; i < data.rank(); i++) {
      dimensions.add(i);
    }
    return reduced(call, data, dimensions, reduction, true);
  }
}
