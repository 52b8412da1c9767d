package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation.Function;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.tensor.DataType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The operators of quantised graphs. Constant weights become floats. What the file fixes of the
 * rounding of activations is done as it says; what ONNX Runtime would round by the range of each
 * request's own numbers is computed with as it is, which no other row can change.
 */
final class QuantizationOperators {

  static final String WEIGHTS = "quantised weights are computed with as 32-bit floats";
  static final String ACTIVATIONS =
      "activations are not quantised, where ONNX Runtime does so by the range of each request";

  static final Map<String, Operator> ALL =
      Map.of(
          "DequantizeLinear", QuantizationOperators::dequantize,
          "QuantizeLinear", QuantizationOperators::quantize,
          "DynamicQuantizeLinear", QuantizationOperators::dynamic,
          "MatMulInteger", QuantizationOperators::matMul);

  private QuantizationOperators() {}

  private static List<Value> dequantize(OperatorCall call) throws IOException, ImportException {
    Constant scale = call.numbers(1);
    Constant zero = call.has(2) ? call.numbers(2) : ConstantFolding.filled(call, scale.shape(), 0);
    if (call.isData(0)) {
      Data less =
          ArithmeticOperators.withConstant(
              call, call.data(0), single(call, zero), Arithmetic.SUBTRACT, false);
      return List.of(
          ArithmeticOperators.withConstant(
              call, less, single(call, scale), Arithmetic.MULTIPLY, false));
    }
    call.evaluation().assume(WEIGHTS);
    Constant stored = call.numbers(0);
    int axis = scale.values().length == 1 ? 0 : axis(call, stored.rank());
    Constant less =
        ConstantFolding.elementwise(call, stored, along(call, zero, axis, stored), (a, b) -> a - b);
    return List.of(
        ConstantFolding.elementwise(call, less, along(call, scale, axis, stored), (a, b) -> a * b));
  }

  private static int axis(OperatorCall call, int rank) throws ImportException {
    if (call.node().integer("block_size", 0) != 0) {
      throw call.refuse("block_size is not supported");
    }
    return call.axis(call.node().integer("axis", 1), rank);
  }

  private static Constant single(OperatorCall call, Constant numbers) throws ImportException {
    if (numbers.values().length != 1) {
      throw call.refuse("its scale or zero point is not one number");
    }
    return new Constant(new int[0], numbers.values());
  }

  /** A vector along an axis. */
  static Constant along(OperatorCall call, Constant vector, int axis, Constant of)
      throws ImportException {
    if (vector.values().length == 1) {
      return new Constant(new int[0], vector.values());
    }
    int[] shape = new int[of.rank()];
    Arrays.fill(shape, 1);
    if (axis >= of.rank() || of.shape()[axis] != vector.values().length) {
      throw call.refuse("its scales do not fit its numbers");
    }
    shape[axis] = vector.values().length;
    return new Constant(shape, vector.values());
  }

  /** clip(round(x / scale) + zero point), as whole floats. */
  private static List<Value> quantize(OperatorCall call) throws IOException, ImportException {
    if (!call.isData(0)) {
      throw call.refuse("it quantises a constant");
    }
    Constant scale = single(call, call.numbers(1));
    boolean isSigned = call.has(2) && type(call, 2) == DataType.I8;
    if (call.has(2) && !isSigned && type(call, 2) != DataType.U8) {
      throw call.refuse("only 8-bit integers are quantised to");
    }
    Constant zero =
        call.has(2) ? single(call, call.numbers(2)) : new Constant(new int[0], new float[] {0});
    Data scaled =
        ArithmeticOperators.withConstant(call, call.data(0), scale, Arithmetic.DIVIDE, false);
    Data rounded = ActivationOperators.apply(call, scaled, Function.ROUND);
    Data shifted = ArithmeticOperators.withConstant(call, rounded, zero, Arithmetic.ADD, false);
    Activation clip =
        new Activation(Activation.Kind.CLIP, isSigned ? -128 : 0, isSigned ? 127 : 255);
    return List.of(ActivationOperators.activate(call, shifted, clip));
  }

  private static @Nullable DataType type(OperatorCall call, int input) {
    OnnxTensor tensor = call.evaluation().stored(call.node().inputs().get(input));
    return tensor == null ? null : tensor.type();
  }

  /** The numbers themselves, with a scale of 1 and a zero point of 0. */
  private static List<Value> dynamic(OperatorCall call) throws ImportException {
    call.evaluation().assume(ACTIVATIONS);
    return List.of(
        call.data(0),
        new Constant(new int[0], new float[] {1}),
        new Constant(new int[0], new float[] {0}));
  }

  private static List<Value> matMul(OperatorCall call) throws IOException, ImportException {
    if (!call.isData(0) || call.isData(1)) {
      throw call.refuse("its second input is no constant");
    }
    if (call.has(2) && !Repeating.isZero(call.numbers(2))) {
      throw call.refuse("the zero point of its first input is not that of a dynamic quantisation");
    }
    call.evaluation().assume(WEIGHTS);
    Constant kernel = call.numbers(1);
    if (kernel.rank() != 2 || call.data(0).rank() < 2) {
      throw call.refuse("its kernel is no matrix");
    }
    if (call.has(3)) {
      Constant zero = along(call, call.numbers(3), 1, kernel);
      kernel = ConstantFolding.elementwise(call, kernel, zero, (a, b) -> a - b);
    }
    Data data = call.data(0);
    return List.of(
        ProductOperators.dense(
            call, data, data.rank() - 1, new ProductOperators.Kernel(kernel), null));
  }
}
