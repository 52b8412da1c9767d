package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The operators that bring numbers to a mean of 0 and a variance of 1. */
final class NormalizationOperators {

  static final Map<String, Operator> ALL =
      Map.of(
          "BatchNormalization", NormalizationOperators::batch,
          "LayerNormalization", NormalizationOperators::layer,
          "InstanceNormalization", NormalizationOperators::instance,
          "GroupNormalization", NormalizationOperators::group);

  private NormalizationOperators() {}

  /** Over dimension 1, with the statistics of the training. */
  private static List<Value> batch(OperatorCall call) throws IOException, ImportException {
    Data data = call.data(0);
    if (call.node().integer("training_mode", 0) != 0) {
      throw call.refuse("training_mode is not supported");
    }
    float[] scale = call.numbers(1).values();
    int width = scale.length;
    requireChannels(call, data, width);
    float[] bias = call.numbers(2, width);
    float[] mean = call.numbers(3, width);
    float[] variance = call.numbers(4, width);
    double epsilon = call.node().number("epsilon", 1e-5f);
    float[] factor = new float[width];
    float[] shift = new float[width];
    for (int i = 0; i < width; i++) {
      double inverse = scale[i] / Math.sqrt(variance[i] + epsilon);
      factor[i] = (float) inverse;
      shift[i] = (float) (bias[i] - mean[i] * inverse);
    }
    return List.of(affine(call, data, factor, shift));
  }

  private static void requireChannels(OperatorCall call, Data data, int width)
      throws ImportException {
    if (data.rank() < 2) {
      throw call.refuse("its input has no channels");
    }
    ProductOperators.requireWidth(call, data, data.dims().get(1), width);
  }

  /** x * scale + shift along dimension 1. */
  private static Data affine(OperatorCall call, Data data, float[] scale, float[] shift)
      throws ImportException {
    int[] shape = new int[data.rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = scale.length;
    return affine(call, data, new Constant(shape, scale), new Constant(shape, shift));
  }

  private static Data affine(OperatorCall call, Data data, Constant scale, Constant shift)
      throws ImportException {
    ConstantPlace factor = ConstantPlace.of(call, data, scale);
    int width = factor.width();
    if (width == scale.values().length && width == shift.values().length) {
      Layer layer =
          new Layer.Scale(factor.values(), ConstantPlace.of(call, factor.data(), shift).values());
      return factor.data().at(call.nodes().add(call, layer, factor.data().node()));
    }
    Data scaled = ArithmeticOperators.withConstant(call, data, scale, Arithmetic.MULTIPLY, false);
    return ArithmeticOperators.withConstant(call, scaled, shift, Arithmetic.ADD, false);
  }

  /** Over the dimensions from one on. */
  private static List<Value> layer(OperatorCall call) throws IOException, ImportException {
    Data data = call.data(0);
    Constant scale = call.numbers(1);
    int axis = call.axis(call.node().integer("axis", -1), data.rank());
    Constant shift = call.has(2) ? call.numbers(2) : ConstantFolding.filled(call, scale.shape(), 0);
    float epsilon = call.node().number("epsilon", 1e-5f);
    List<Axis> axes = GraphNodes.flat(data.dims().subList(axis, data.rank()));
    boolean isLast = axis == data.rank() - 1 && scale.rank() == 1 && shift.rank() == 1;
    if (isLast) {
      ProductOperators.requireWidth(call, data, axes, scale.values().length);
      Data placed = call.nodes().endingIn(data, axes);
      Layer norm = new Layer.LayerNorm(epsilon, scale.values(), shift.values());
      return List.of(placed.at(call.nodes().add(call, norm, placed.node())));
    }
    List<Integer> dims = IntStream.range(axis, data.rank()).boxed().toList();
    return List.of(affine(call, normal(call, data, dims, epsilon), scale, shift));
  }

  private static List<Value> instance(OperatorCall call) throws IOException, ImportException {
    Data data = call.data(0);
    float[] scale = call.numbers(1).values();
    requireChannels(call, data, scale.length);
    List<Integer> dims = IntStream.range(2, data.rank()).boxed().toList();
    Data normal = normal(call, data, dims, call.node().number("epsilon", 1e-5f));
    return List.of(affine(call, normal, scale, call.numbers(2, scale.length)));
  }

  /** Over groups of channels and all behind them. */
  private static List<Value> group(OperatorCall call) throws IOException, ImportException {
    Data data = call.data(0);
    int groups = (int) call.node().integer("num_groups", 1);
    List<Axis> channels = data.rank() < 2 ? List.of() : data.dims().get(1);
    if (channels.size() != 1
        || !channels.get(0).isFixed()
        || groups < 1
        || channels.get(0).size().size() % groups != 0) {
      throw call.refuse("its channels do not part into %d groups".formatted(groups));
    }
    int width = channels.get(0).size().size();
    Axis outer = call.nodes().axis(groups);
    Axis inner = call.nodes().axis(width / groups);
    Data parted = data.replaced(channels.get(0), List.of(outer, inner));
    List<List<Axis>> dims = new ArrayList<>(parted.dims());
    dims.set(1, List.of(outer));
    dims.add(2, List.of(inner));
    List<Integer> over = IntStream.range(2, dims.size()).boxed().toList();
    Data normal = normal(call, parted.withDims(dims), over, call.node().number("epsilon", 1e-5f));
    List<List<Axis>> whole = new ArrayList<>(normal.dims());
    List<Axis> both = new ArrayList<>(whole.get(1));
    both.addAll(whole.remove(2));
    whole.set(1, both);
    float[] scale = perChannel(call, 1, groups, width);
    return List.of(affine(call, normal.withDims(whole), scale, perChannel(call, 2, groups, width)));
  }

  /** A number a channel, or, in older versions of the operator, a group. */
  private static float[] perChannel(OperatorCall call, int input, int groups, int width)
      throws IOException, ImportException {
    float[] given = call.numbers(input).values();
    if (given.length != width && given.length != groups) {
      throw call.refuse("input %d has %d numbers".formatted(input, given.length));
    }
    float[] all = new float[width];
    for (int i = 0; i < width; i++) {
      all[i] = given.length == width ? given[i] : given[i / (width / groups)];
    }
    return all;
  }

  /** (x - mean) / sqrt(variance + epsilon) over some dimensions. */
  private static Data normal(OperatorCall call, Data data, List<Integer> dims, float epsilon)
      throws IOException, ImportException {
    Data mean = ReductionOperators.reduced(call, data, dims, Reduction.MEAN, true);
    Data distance = ArithmeticOperators.combine(call, data, mean, Arithmetic.SUBTRACT);
    TensorOperation square = new TensorOperation.Combine(Arithmetic.MULTIPLY);
    Data squares = distance.at(call.nodes().add(call, square, distance.node(), distance.node()));
    Data variance = ReductionOperators.reduced(call, squares, dims, Reduction.MEAN, true);
    Constant least = new Constant(new int[0], new float[] {epsilon});
    Data raised = ArithmeticOperators.withConstant(call, variance, least, Arithmetic.ADD, false);
    Data deviation = ActivationOperators.apply(call, raised, ArrayOperation.Function.SQRT);
    return ArithmeticOperators.combine(call, distance, deviation, Arithmetic.DIVIDE);
  }
}
