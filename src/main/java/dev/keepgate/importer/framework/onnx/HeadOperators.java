package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Part;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators that compute something of each step alone: dense layers, scales, activations. */
final class HeadOperators {

  static final Map<String, Operator> ALL = new HashMap<>();

  static {
    ALL.put("MatMul", HeadOperators::matMul);
    ALL.put("Gemm", HeadOperators::gemm);
    ALL.put("Add", HeadOperators::add);
    ALL.put("Sub", HeadOperators::subtract);
    ALL.put("Mul", HeadOperators::multiply);
    ALL.put("BatchNormalization", HeadOperators::batchNormalization);
    ALL.put("LayerNormalization", HeadOperators::layerNormalization);
    ALL.put("Softmax", call -> softmax(call, Activation.SOFTMAX));
    ALL.put("LogSoftmax", call -> softmax(call, Activation.of(Kind.LOG_SOFTMAX)));
    plain("Sigmoid", Kind.SIGMOID);
    plain("Tanh", Kind.TANH);
    plain("Relu", Kind.RELU);
    plain("Softsign", Kind.SOFTSIGN);
    plain("Softplus", Kind.SOFTPLUS);
    plain("Mish", Kind.MISH);
    plain("Exp", Kind.EXPONENTIAL);
    ALL.put("HardSwish", call -> activate(call, Activation.HARD_SWISH_SIXTH));
    constants("LeakyRelu", Kind.LEAKY_RELU, 0.01f, "", 0);
    constants("ThresholdedRelu", Kind.THRESHOLDED_RELU, 1, "", 0);
    constants("Elu", Kind.ELU, 1, "", 0);
    constants("HardSigmoid", Kind.HARD_SIGMOID, 0.2f, "beta", 0.5f);
    constants("Selu", Kind.SELU, 1.67326319f, "gamma", 1.05070102f);
    ALL.put("Gelu", HeadOperators::gelu);
    ALL.put("Clip", HeadOperators::clip);
  }

  /** What the product of data with a function of it is. */
  private static final Map<Activation, Activation> GATED =
      Map.of(
          Activation.SIGMOID,
          Activation.of(Kind.SWISH),
          Activation.HARD_SIGMOID_SIXTH,
          Activation.HARD_SWISH_SIXTH);

  private HeadOperators() {}

  private static void plain(String operator, Kind kind) {
    ALL.put(operator, call -> activate(call, Activation.of(kind)));
  }

  private static void constants(
      String operator, Kind kind, float alpha, String betaName, float beta) {
    ALL.put(
        operator,
        call ->
            activate(
                call,
                new Activation(
                    kind,
                    call.node().number("alpha", alpha),
                    betaName.isEmpty() ? beta : call.node().number(betaName, beta))));
  }

  /** The bounds are constant inputs, or attributes of older versions. */
  private static List<Value> clip(OperatorCall call) throws IOException, ImportException {
    float least = call.node().number("min", -Float.MAX_VALUE);
    float most = call.node().number("max", Float.MAX_VALUE);
    return activate(
        call,
        new Activation(
            Kind.CLIP,
            call.has(1) ? call.numbers(1, new int[0])[0] : least,
            call.has(2) ? call.numbers(2, new int[0])[0] : most));
  }

  private static List<Value> gelu(OperatorCall call) throws ImportException {
    if (!call.node().string("approximate", "none").equals("none")) {
      throw call.refuse("an approximate gelu is not supported");
    }
    return activate(call, Activation.of(Kind.GELU));
  }

  private static List<Value> activate(OperatorCall call, Activation activation)
      throws ImportException {
    return activate(call, call.wholeData(0), activation);
  }

  /** After a dense layer its activation, or else a layer of its own. */
  private static List<Value> activate(OperatorCall call, Data data, Activation activation)
      throws ImportException {
    if (data.chain().layer() instanceof Layer.Dense dense
        && dense.activation().equals(Activation.LINEAR)) {
      Layer.Dense activated =
          new Layer.Dense(
              dense.inputSize(), dense.outputSize(), activation, dense.kernel(), dense.bias());
      return List.of(data.at(data.chain().instead(activated)));
    }
    int width = width(call, data, -1);
    return List.of(then(data, new Layer.Activate(width, activation), data.endsInFeatures()));
  }

  /** The data after a layer that may also be the first to tell which dimension is the features. */
  private static Data then(Data data, Layer layer, boolean keepAxes) {
    Data after = data.at(data.chain().then(layer));
    return keepAxes || data.rank() == 0
        ? after
        : after.withAxes(data.replace(data.rank() - 1, List.of(Axis.FEATURE)));
  }

  /** How many features the data has in its last dimension; the expected where it is not known. */
  private static int width(OperatorCall call, Data data, int expected) throws ImportException {
    long width =
        data.endsInFeatures()
            ? data.chain().width()
            : data.isInput() && data.rank() > 0 && data.axes().get(data.rank() - 1).size() == 1
                ? data.axes().get(data.rank() - 1).get(0).size()
                : -2;
    if (data.chain().isInput() ? width == -2 : !containsFeatures(data)) {
      throw call.refuse("its last dimension is not the features");
    }
    if (width == -2) {
      width = data.chain().width();
    }
    if (width < 0) {
      width = expected;
    }
    if (width < 1 || width > Integer.MAX_VALUE || (expected >= 0 && width != expected)) {
      throw call.refuse(
          "it takes %d features, the layer below gives %d".formatted(expected, width));
    }
    return (int) width;
  }

  private static boolean containsFeatures(Data data) {
    return data.axes().stream().anyMatch(dimension -> dimension.equals(List.of(Axis.FEATURE)));
  }

  private static void checkLast(OperatorCall call, Data data) throws ImportException {
    if (!data.isInput() && !data.endsInFeatures()) {
      throw call.refuse("its last dimension is not the features");
    }
  }

  private static List<Value> softmax(OperatorCall call, Activation activation)
      throws ImportException {
    Data data = call.wholeData(0);
    boolean old = call.evaluation().operators() < 13;
    int axis = call.axis(call.node().integer("axis", old ? 1 : -1), data.rank());
    if (axis != data.rank() - 1 || !data.endsInFeatures()) {
      throw call.refuse("it is not over the features");
    }
    return activate(call, activation);
  }

  private static List<Value> matMul(OperatorCall call) throws IOException, ImportException {
    Data data = call.wholeData(0);
    Constant kernel = matrix(call, 1);
    int in = kernel.shape()[0];
    int out = kernel.shape()[1];
    return List.of(dense(call, data, in, out, kernel.values(), new float[out]));
  }

  private static Constant matrix(OperatorCall call, int input) throws IOException, ImportException {
    Constant kernel = call.numbers(input);
    if (kernel.rank() != 2 || kernel.values().length == 0) {
      throw call.refuse("its kernel has shape " + Arrays.toString(kernel.shape()));
    }
    return kernel;
  }

  private static Data dense(
      OperatorCall call, Data data, int in, int out, float[] kernel, float[] bias)
      throws ImportException {
    checkLast(call, data);
    width(call, data, in);
    return then(data, new Layer.Dense(in, out, Activation.LINEAR, kernel, bias), false);
  }

  private static List<Value> gemm(OperatorCall call) throws IOException, ImportException {
    Data data = call.wholeData(0);
    OnnxNode node = call.node();
    if (node.integer("transA", 0) != 0 || data.rank() != 2) {
      throw call.refuse("its first input is not rows of features");
    }
    Constant stored = matrix(call, 1);
    boolean transposed = node.integer("transB", 0) != 0;
    int in = stored.shape()[transposed ? 1 : 0];
    int out = stored.shape()[transposed ? 0 : 1];
    float[] kernel = transposed ? GateBlocks.transpose(stored.values(), out, in) : stored.values();
    float alpha = node.number("alpha", 1);
    if (alpha != 1) {
      kernel = kernel.clone();
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] *= alpha;
      }
    }
    float[] bias = new float[out];
    if (call.has(2)) {
      float[] given = features(call, call.numbers(2), out);
      for (int i = 0; i < out; i++) {
        bias[i] = given[i] * node.number("beta", 1);
      }
    }
    return List.of(dense(call, data, in, out, kernel, bias));
  }

  /** A constant that is the same for all rows, as one number a feature. */
  private static float[] features(OperatorCall call, Constant numbers, int width)
      throws ImportException {
    int count = numbers.values().length;
    boolean last = numbers.rank() > 0 && numbers.shape()[numbers.rank() - 1] == width;
    if (count == 1) {
      float[] all = new float[width];
      Arrays.fill(all, numbers.values()[0]);
      return all;
    }
    if (!last || count != width) {
      throw call.refuse(
          "its constant of shape %s is not one number a feature of %d"
              .formatted(Arrays.toString(numbers.shape()), width));
    }
    return numbers.values();
  }

  private static List<? extends Value> add(OperatorCall call) throws IOException, ImportException {
    return binary(call, SymbolicSize::plus, Float::sum, Merge.SUM, false);
  }

  private static List<? extends Value> subtract(OperatorCall call)
      throws IOException, ImportException {
    List<Value> whole =
        ShapeOperators.elementwise(
            call,
            (a, b) -> {
              SymbolicSize minus = b.times(SymbolicSize.of(-1));
              return minus == null ? null : a.plus(minus);
            });
    if (whole != null) {
      return whole;
    }
    if (call.get(0) instanceof Data data && !(call.get(1) instanceof Data)) {
      return shift(call, data, call.numbers(1), -1);
    }
    if (call.get(1) instanceof Data) {
      throw call.refuse("it subtracts the data");
    }
    return List.of(
        ConstantFolding.elementwise(call, call.numbers(0), call.numbers(1), (a, b) -> a - b));
  }

  private static List<? extends Value> multiply(OperatorCall call)
      throws IOException, ImportException {
    for (int gate = 0; gate < 2; gate++) {
      if (call.get(gate) instanceof Data gated && call.get(1 - gate) instanceof Data data) {
        Activation function = GATED.get(gated.chain().activationOver(data.chain()));
        if (function != null && data.isWhole() && gated.axes().equals(data.axes())) {
          return activate(call, data, function);
        }
      }
    }
    return binary(call, SymbolicSize::times, (a, b) -> a * b, Merge.MUL, true);
  }

  /** Division by a constant. */
  static List<? extends Value> divide(OperatorCall call) throws IOException, ImportException {
    if (call.get(1) instanceof Data) {
      throw call.refuse("it divides by the data");
    }
    Constant by = call.numbers(1);
    for (float number : by.values()) {
      if (number == 0) {
        throw call.refuse("it divides by zero");
      }
    }
    if (!(call.get(0) instanceof Data data)) {
      return List.of(ConstantFolding.elementwise(call, call.numbers(0), by, (a, b) -> a / b));
    }
    float[] inverse = new float[by.values().length];
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = 1 / by.values()[i];
    }
    return scale(call, data, new Constant(by.shape(), inverse));
  }

  private static List<? extends Value> binary(
      OperatorCall call,
      ShapeOperators.Arithmetic ofShapes,
      ConstantFolding.Pairwise ofNumbers,
      Merge ofDirections,
      boolean scale)
      throws IOException, ImportException {
    List<Value> whole = ShapeOperators.elementwise(call, ofShapes);
    if (whole != null) {
      return whole;
    }
    boolean swapped = call.get(1) instanceof Data;
    if (!(call.get(swapped ? 1 : 0) instanceof Data data)) {
      return List.of(
          ConstantFolding.elementwise(call, call.numbers(0), call.numbers(1), ofNumbers));
    }
    if (call.get(swapped ? 0 : 1) instanceof Data other) {
      return List.of(merge(call, data, other, ofDirections));
    }
    Constant constant = call.numbers(swapped ? 0 : 1);
    return scale ? scale(call, data, constant) : shift(call, data, constant, 1);
  }

  /** The two directions of a layer, added or multiplied. */
  private static Data merge(OperatorCall call, Data a, Data b, Merge merge) throws ImportException {
    Part first = a.parts().get(0);
    Part second = b.parts().get(0);
    Layer.@Nullable Recurrent recurrent = first.chain().recurrent();
    boolean directions =
        a.parts().size() == 1
            && b.parts().size() == 1
            && first.chain() == second.chain()
            && first.direction() >= 0
            && second.direction() == 1 - first.direction()
            && a.selection() == b.selection()
            && a.axes().equals(b.axes());
    if (!directions || recurrent == null) {
      throw call.refuse("it combines two results that are not the directions of one layer");
    }
    Layer.Recurrent merged =
        new Layer.Recurrent(recurrent.forward(), recurrent.backward(), merge, false, false);
    return a.at(first.chain().instead(merged));
  }

  /** After a dense layer a part of its bias, or else a layer of its own. */
  private static List<Value> shift(OperatorCall call, Data data, Constant constant, int sign)
      throws ImportException {
    Data whole = whole(call, data);
    int width = width(call, whole, -1);
    float[] shift = features(call, constant, width).clone();
    for (int i = 0; i < width; i++) {
      shift[i] *= sign;
    }
    if (whole.chain().layer() instanceof Layer.Dense dense
        && dense.activation().equals(Activation.LINEAR)) {
      for (int i = 0; i < width; i++) {
        shift[i] += dense.bias()[i];
      }
      return List.of(
          whole.at(
              whole
                  .chain()
                  .instead(
                      new Layer.Dense(
                          dense.inputSize(),
                          dense.outputSize(),
                          dense.activation(),
                          dense.kernel(),
                          shift))));
    }
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    return List.of(scaled(whole, ones, shift));
  }

  private static List<Value> scale(OperatorCall call, Data data, Constant constant)
      throws ImportException {
    Data whole = whole(call, data);
    int width = width(call, whole, -1);
    return List.of(scaled(whole, features(call, constant, width), new float[width]));
  }

  private static Data scaled(Data data, float[] scale, float[] shift) {
    return then(data, new Layer.Scale(scale, shift), false);
  }

  private static Data whole(OperatorCall call, Data data) throws ImportException {
    if (!data.isWhole()) {
      throw call.refuse("it computes with only a part of what the layer below gives");
    }
    checkLast(call, data);
    return data;
  }

  /** Over dimension 1, which must be the features; with the statistics of the training. */
  private static List<Value> batchNormalization(OperatorCall call)
      throws IOException, ImportException {
    Data data = call.wholeData(0);
    if (call.node().integer("training_mode", 0) != 0) {
      throw call.refuse("training_mode is not supported");
    }
    float[] scale = call.numbers(1).values();
    int width = scale.length;
    boolean second = data.rank() > 1 && data.axes().get(1).equals(List.of(Axis.FEATURE));
    if (!second || data.chain().width() != width) {
      throw call.refuse("its dimension 1 is not the %d features".formatted(width));
    }
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
    return List.of(then(data, new Layer.Scale(factor, shift), true));
  }

  private static List<Value> layerNormalization(OperatorCall call)
      throws IOException, ImportException {
    Data data = call.wholeData(0);
    float[] scale = call.numbers(1).values();
    int axis = call.axis(call.node().integer("axis", -1), data.rank());
    checkLast(call, data);
    if (axis != data.rank() - 1 || scale.length != width(call, data, scale.length)) {
      throw call.refuse("it is not over the features");
    }
    float[] shift = call.has(2) ? call.numbers(2, scale.length) : new float[scale.length];
    float epsilon = call.node().number("epsilon", 1e-5f);
    return List.of(then(data, new Layer.LayerNorm(epsilon, scale, shift), false));
  }
}
