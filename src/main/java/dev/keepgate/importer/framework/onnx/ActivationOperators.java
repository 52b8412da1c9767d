package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ArrayOperation.Function;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** The operators that are a function of each number, or of the numbers along an axis. */
final class ActivationOperators {

  static final Map<String, Operator> ALL = new HashMap<>();

  static {
    ALL.put("Softmax", call -> softmax(call, false));
    ALL.put("LogSoftmax", call -> softmax(call, true));
    plain("Sigmoid", Kind.SIGMOID);
    plain("Tanh", Kind.TANH);
    plain("Relu", Kind.RELU);
    plain("Softsign", Kind.SOFTSIGN);
    plain("Softplus", Kind.SOFTPLUS);
    plain("Mish", Kind.MISH);
    ALL.put("Exp", call -> folded(call, Math::exp, Activation.of(Kind.EXPONENTIAL)));
    ALL.put("HardSwish", call -> activated(call, Activation.HARD_SWISH_SIXTH));
    constants("LeakyRelu", Kind.LEAKY_RELU, 0.01f, "", 0);
    constants("ThresholdedRelu", Kind.THRESHOLDED_RELU, 1, "", 0);
    constants("Elu", Kind.ELU, 1, "", 0);
    constants("HardSigmoid", Kind.HARD_SIGMOID, 0.2f, "beta", 0.5f);
    constants("Selu", Kind.SELU, 1.67326319f, "gamma", 1.05070102f);
    ALL.put("Gelu", ActivationOperators::gelu);
    ALL.put("Clip", ActivationOperators::clip);
    ALL.put("Celu", ActivationOperators::celu);
    ALL.put("PRelu", ActivationOperators::prelu);
    function("Sqrt", Function.SQRT, Math::sqrt);
    function("Reciprocal", Function.RECIPROCAL, x -> 1 / x);
    function("Abs", Function.ABSOLUTE, Math::abs);
    function("Log", Function.LOGARITHM, Math::log);
    function("Sin", Function.SINE, Math::sin);
    function("Cos", Function.COSINE, Math::cos);
    function("Sign", Function.SIGN, Math::signum);
    function("Floor", Function.FLOOR, Math::floor);
    function("Ceil", Function.CEILING, Math::ceil);
    function("Round", Function.ROUND, Math::rint);
    ALL.put("Erf", call -> List.of(apply(call, call.data(0), Function.ERF)));
    ALL.put("Neg", ActivationOperators::negative);
  }

  private ActivationOperators() {}

  private static void plain(String operator, Kind kind) {
    ALL.put(operator, call -> activated(call, Activation.of(kind)));
  }

  private static void constants(
      String operator, Kind kind, float alpha, String betaName, float beta) {
    ALL.put(
        operator,
        call ->
            activated(
                call,
                new Activation(
                    kind,
                    call.node().number("alpha", alpha),
                    betaName.isEmpty() ? beta : call.node().number(betaName, beta))));
  }

  private static void function(String operator, Function function, DoubleUnaryOperator folded) {
    ALL.put(
        operator,
        call ->
            call.isData(0)
                ? List.of(apply(call, call.data(0), function))
                : List.of(ConstantFolding.each(call, call.numbers(0), folded)));
  }

  private static List<Value> folded(
      OperatorCall call, DoubleUnaryOperator function, Activation activation)
      throws IOException, ImportException {
    return call.isData(0)
        ? activated(call, activation)
        : List.of(ConstantFolding.each(call, call.numbers(0), function));
  }

  static Data apply(OperatorCall call, Data data, Function function) {
    return data.at(call.nodes().add(call, new ArrayOperation.Apply(function, 0), data.node()));
  }

  private static List<? extends Value> negative(OperatorCall call)
      throws IOException, ImportException {
    if (call.get(0) instanceof Value.Integers integers) {
      return List.of(
          new Value.Integers(
              integers.elements().stream().map(each -> each.times(SymbolicSize.of(-1))).toList(),
              integers.scalar()));
    }
    Constant minus = new Constant(new int[0], new float[] {-1});
    return call.isData(0)
        ? List.of(
            ArithmeticOperators.withConstant(call, call.data(0), minus, Arithmetic.MULTIPLY, false))
        : List.of(ConstantFolding.each(call, call.numbers(0), x -> -x));
  }

  /** The bounds are constant inputs, or attributes of older versions. */
  private static List<Value> clip(OperatorCall call) throws IOException, ImportException {
    float least = call.node().number("min", -Float.MAX_VALUE);
    float most = call.node().number("max", Float.MAX_VALUE);
    float from = call.has(1) ? single(call, 1) : least;
    float to = call.has(2) ? single(call, 2) : most;
    if (from > to) {
      throw call.refuse("its bounds are %s to %s".formatted(from, to));
    }
    return folded(call, x -> Math.min(Math.max(x, from), to), new Activation(Kind.CLIP, from, to));
  }

  private static float single(OperatorCall call, int input) throws IOException, ImportException {
    Constant numbers = call.numbers(input);
    if (numbers.values().length != 1) {
      throw call.refuse("its bound %d is not one number".formatted(input));
    }
    return numbers.values()[0];
  }

  static List<Value> gelu(OperatorCall call) throws ImportException {
    String kind = call.node().string("approximate", "none");
    return switch (kind) {
      case "none" -> activated(call, Activation.of(Kind.GELU));
      case "tanh" -> List.of(apply(call, call.data(0), Function.GELU_TANH));
      default -> throw call.refuse("gelu '%s' is unknown".formatted(kind));
    };
  }

  /** max(0, x) + min(0, alpha (exp(x / alpha) - 1)) is alpha times the elu of x / alpha. */
  private static List<Value> celu(OperatorCall call) throws IOException, ImportException {
    float alpha = call.node().number("alpha", 1);
    if (alpha == 1) {
      return activated(call, new Activation(Kind.ELU, 1, 0));
    }
    Constant by = new Constant(new int[0], new float[] {alpha});
    Data divided =
        ArithmeticOperators.withConstant(call, call.data(0), by, Arithmetic.DIVIDE, false);
    return List.of(
        ArithmeticOperators.withConstant(
            call,
            activate(call, divided, new Activation(Kind.ELU, 1, 0)),
            by,
            Arithmetic.MULTIPLY,
            false));
  }

  private static List<Value> prelu(OperatorCall call) throws IOException, ImportException {
    ConstantPlace place = ConstantPlace.of(call, call.data(0), call.numbers(1));
    if (place.width() == 0) {
      throw call.refuse("its slope differs from step to step; nearest is one a feature");
    }
    float[] alpha = new float[place.width()];
    for (int i = 0; i < alpha.length; i++) {
      alpha[i] = place.values()[place.values().length == 1 ? 0 : i];
    }
    Data data = place.data();
    return List.of(data.at(call.nodes().add(call, new TensorOperation.Prelu(alpha), data.node())));
  }

  private static List<Value> activated(OperatorCall call, Activation activation)
      throws ImportException {
    return List.of(activate(call, call.data(0), activation));
  }

  /** After a dense layer its activation, or else a layer of its own. */
  static Data activate(OperatorCall call, Data data, Activation activation) {
    Node node = call.nodes().find(data.node());
    if (node != null
        && node.operation() instanceof Layer.Dense dense
        && dense.activation().equals(Activation.LINEAR)) {
      Layer.Dense activated =
          new Layer.Dense(
              dense.inputSize(), dense.outputSize(), activation, dense.kernel(), dense.bias());
      return data.at(call.nodes().add(node.name(), activated, node.inputs()));
    }
    int width = call.nodes().shape(data.node()).width();
    return data.at(call.nodes().add(call, new Layer.Activate(width, activation), data.node()));
  }

  private static List<Value> softmax(OperatorCall call, boolean isLog)
      throws IOException, ImportException {
    Data data = call.data(0);
    boolean old = call.evaluation().operators() < 13;
    int axis = call.axis(call.node().integer("axis", old ? 1 : -1), data.rank());
    if (old) {
      for (int i = axis + 1; i < data.rank(); i++) {
        if (!data.dims().get(i).isEmpty()) {
          throw call.refuse("it is over several dimensions at once");
        }
      }
    }
    List<Axis> axes = data.dims().get(axis);
    if (axes.stream().anyMatch(Axis::isBatch)) {
      throw call.refuseBatch(data, "it is over the batch");
    }
    return List.of(softmax(call, data, axes, isLog));
  }

  private static Data softmax(OperatorCall call, Data data, List<Axis> axes, boolean isLog)
      throws IOException, ImportException {
    boolean isLast = data.groups().get(data.groups().size() - 1).equals(axes);
    boolean isFixed = axes.stream().allMatch(Axis::isFixed);
    if (isLast && isFixed) {
      Activation activation = isLog ? Activation.of(Kind.LOG_SOFTMAX) : Activation.SOFTMAX;
      return activate(call, data, activation);
    }
    if (axes.isEmpty()) {
      return softmax(call, call.nodes().endingIn(data, axes), axes, isLog);
    }
    Data alone = data.groups().contains(axes) ? data : call.nodes().endingIn(data, axes);
    int group = alone.groups().indexOf(axes);
    if (isLog) {
      Data sum = ReductionOperators.logSumExp(call, alone, group);
      return ArithmeticOperators.combine(call, alone, sum, Arithmetic.SUBTRACT);
    }
    return alone.at(call.nodes().add(call, new TensorOperation.Softmax(group), alone.node()));
  }
}
