package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Operation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators that compute with two tensors number by number, or with one and a constant. */
final class ArithmeticOperators {

  static final Map<String, Operator> ALL =
      Map.of(
          "Add", call -> binary(call, SymbolicSize::plus, Float::sum, Arithmetic.ADD),
          "Sub",
              call ->
                  binary(call, ArithmeticOperators::minus, (a, b) -> a - b, Arithmetic.SUBTRACT),
          "Mul", call -> binary(call, SymbolicSize::times, (a, b) -> a * b, Arithmetic.MULTIPLY),
          "Div",
              call ->
                  binary(call, ArithmeticOperators::divided, (a, b) -> a / b, Arithmetic.DIVIDE),
          "Max", call -> several(call, Math::max, Arithmetic.MAXIMUM),
          "Min", call -> several(call, Math::min, Arithmetic.MINIMUM),
          "Sum", call -> several(call, Float::sum, Arithmetic.ADD),
          "Mean", ArithmeticOperators::mean,
          "Pow", ArithmeticOperators::power,
          "Where", ArithmeticOperators::where);

  private ArithmeticOperators() {}

  private static @Nullable SymbolicSize minus(SymbolicSize a, SymbolicSize b) {
    SymbolicSize negative = b.times(SymbolicSize.of(-1));
    return negative == null ? null : a.plus(negative);
  }

  /** Of integers: towards zero. */
  private static @Nullable SymbolicSize divided(SymbolicSize a, SymbolicSize b) {
    if (!b.isConstant() || b.offset() == 0) {
      return a.equals(b) ? SymbolicSize.of(1) : null;
    }
    if (a.isConstant()) {
      return SymbolicSize.of(a.offset() / b.offset());
    }
    boolean isWhole = a.factor() % b.offset() == 0 && a.offset() % b.offset() == 0;
    return isWhole
        ? new SymbolicSize(a.factor() / b.offset(), a.axes(), a.offset() / b.offset())
        : null;
  }

  private static List<? extends Value> binary(
      OperatorCall call,
      ShapeOperators.Arithmetic ofShapes,
      ConstantFolding.Pairwise ofNumbers,
      Arithmetic arithmetic)
      throws IOException, ImportException {
    List<Value> whole = ShapeOperators.elementwise(call, ofShapes);
    if (whole != null) {
      return whole;
    }
    if (!call.isData(0) && !call.isData(1)) {
      return List.of(
          ConstantFolding.elementwise(call, call.numbers(0), call.numbers(1), ofNumbers));
    }
    return List.of(combine(call, call.get(0), call.get(1), arithmetic));
  }

  /** Two tensors, or one and a constant in either place. */
  static Data combine(OperatorCall call, Value a, Value b, Arithmetic arithmetic)
      throws IOException, ImportException {
    if (a instanceof Data first && b instanceof Data second) {
      return both(call, first, second, arithmetic);
    }
    boolean isReversed = b instanceof Data;
    Data data = call.nodes().settled((Data) (isReversed ? b : a));
    Constant constant = call.constant(isReversed ? a : b);
    return withConstant(call, data, constant, arithmetic, isReversed);
  }

  private static Data both(OperatorCall call, Data a, Data b, Arithmetic arithmetic)
      throws ImportException {
    if (arithmetic == Arithmetic.MULTIPLY) {
      Data gated = Simplifications.gated(call, a, b);
      if (gated != null) {
        return gated;
      }
    }
    Data merged = Simplifications.merged(call, a, b, arithmetic);
    if (merged != null) {
      return merged;
    }
    Alignment.Aligned aligned = Alignment.of(call, a, b);
    return aligned.result(
        call.nodes()
            .add(
                call,
                new TensorOperation.Combine(arithmetic),
                aligned.a().node(),
                aligned.b().node()));
  }

  static Data withConstant(
      OperatorCall call, Data data, Constant constant, Arithmetic arithmetic, boolean isReversed)
      throws ImportException {
    ConstantPlace place = ConstantPlace.of(call, data, constant);
    Data placed = place.data();
    int width = place.width();
    if (width > 0 && !isReversed && arithmetic != Arithmetic.DIVIDE) {
      Layer layer = affine(arithmetic, place.values(), width);
      if (layer != null) {
        return placed.at(scaled(call, placed.node(), layer, arithmetic));
      }
    }
    if (width > 0 && arithmetic == Arithmetic.DIVIDE && !isReversed) {
      float[] inverse = new float[place.values().length];
      for (int i = 0; i < inverse.length; i++) {
        if (place.values()[i] == 0) {
          throw call.refuse("it divides by zero");
        }
        inverse[i] = 1 / place.values()[i];
      }
      Layer layer = affine(Arithmetic.MULTIPLY, inverse, width);
      if (layer != null) {
        return placed.at(call.nodes().add(call, layer, placed.node()));
      }
    }
    if (width > 0 && isReversed && arithmetic != Arithmetic.DIVIDE) {
      Layer layer =
          arithmetic == Arithmetic.SUBTRACT
              ? new Layer.Scale(filled(width, -1), spread(place.values(), width))
              : affine(arithmetic, place.values(), width);
      if (layer != null && isFinite(place.values())) {
        return placed.at(scaled(call, placed.node(), layer, arithmetic));
      }
    }
    Operation operation =
        new ArrayOperation.CombineConstant(arithmetic, isReversed, place.dims(), place.values());
    return placed.at(call.nodes().add(call, operation, placed.node()));
  }

  /** A number a feature, multiplied or added; null where it is neither. */
  private static @Nullable Layer affine(Arithmetic arithmetic, float[] values, int width) {
    if (!isFinite(values)) {
      return null;
    }
    float[] all = spread(values, width);
    return switch (arithmetic) {
      case ADD -> new Layer.Scale(filled(width, 1), all);
      case MULTIPLY -> new Layer.Scale(all, new float[width]);
      case SUBTRACT -> {
        for (int i = 0; i < width; i++) {
          all[i] = -all[i];
        }
        yield new Layer.Scale(filled(width, 1), all);
      }
      default -> null;
    };
  }

  private static boolean isFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  private static float[] spread(float[] values, int width) {
    float[] all = new float[width];
    for (int i = 0; i < width; i++) {
      all[i] = values[values.length == 1 ? 0 : i];
    }
    return all;
  }

  private static float[] filled(int width, float value) {
    float[] all = new float[width];
    Arrays.fill(all, value);
    return all;
  }

  /** After a dense layer a shift is a part of its bias. */
  private static String scaled(
      OperatorCall call, String below, Layer layer, Arithmetic arithmetic) {
    Node node = call.nodes().find(below);
    boolean isShift = arithmetic == Arithmetic.ADD || arithmetic == Arithmetic.SUBTRACT;
    if (isShift
        && node != null
        && layer instanceof Layer.Scale scale
        && scale.scale()[0] == 1
        && node.operation() instanceof Layer.Dense dense
        && dense.activation().equals(Activation.LINEAR)) {
      float[] bias = dense.bias().clone();
      for (int i = 0; i < bias.length; i++) {
        bias[i] += scale.shift()[i];
      }
      Operation shifted =
          new Layer.Dense(
              dense.inputSize(), dense.outputSize(), dense.activation(), dense.kernel(), bias);
      return call.nodes().add(node.name(), shifted, node.inputs());
    }
    return call.nodes().add(call.node().name(), layer, List.of(below));
  }

  /** Any number of inputs. */
  private static List<? extends Value> several(
      OperatorCall call, ConstantFolding.Pairwise ofNumbers, Arithmetic arithmetic)
      throws IOException, ImportException {
    Value result = call.get(0);
    for (int i = 1; i < call.inputs().size(); i++) {
      Value next = call.get(i);
      result =
          result instanceof Data || next instanceof Data
              ? combine(call, result, next, arithmetic)
              : ConstantFolding.elementwise(
                  call, call.constant(result), call.constant(next), ofNumbers);
    }
    return List.of(result);
  }

  private static List<? extends Value> mean(OperatorCall call) throws IOException, ImportException {
    Value sum = several(call, Float::sum, Arithmetic.ADD).get(0);
    Constant count = new Constant(new int[0], new float[] {call.inputs().size()});
    return List.of(
        sum instanceof Data data
            ? withConstant(call, data, count, Arithmetic.DIVIDE, false)
            : ConstantFolding.elementwise(call, call.constant(sum), count, (a, b) -> a / b));
  }

  private static List<? extends Value> power(OperatorCall call)
      throws IOException, ImportException {
    if (!call.isData(0) && !call.isData(1)) {
      return List.of(
          ConstantFolding.elementwise(
              call, call.numbers(0), call.numbers(1), (a, b) -> (float) Math.pow(a, b)));
    }
    if (call.isData(1)) {
      throw call.refuse("its exponent is no constant");
    }
    Constant exponent = call.numbers(1);
    if (exponent.values().length != 1 || exponent.rank() > 1) {
      throw call.refuse("its exponent is not one number");
    }
    return List.of(power(call, call.data(0), exponent.values()[0]));
  }

  private static Data power(OperatorCall call, Data data, float exponent) throws ImportException {
    if (exponent == 1) {
      return data;
    }
    if (exponent == 2) {
      return data.at(
          call.nodes()
              .add(
                  call,
                  new TensorOperation.Combine(Arithmetic.MULTIPLY),
                  data.node(),
                  data.node()));
    }
    ArrayOperation.Function function =
        exponent == 0.5f ? ArrayOperation.Function.SQRT : ArrayOperation.Function.POWER;
    return data.at(
        call.nodes().add(call, new ArrayOperation.Apply(function, exponent), data.node()));
  }

  /** One of two, where the condition is constant. */
  private static List<? extends Value> where(OperatorCall call)
      throws IOException, ImportException {
    List<Value> whole = ShapeOperators.where(call);
    if (whole != null) {
      return whole;
    }
    if (call.isData(0)) {
      return List.of(Selecting.selected(call, call.data(0), call.get(1), call.get(2)));
    }
    Constant condition = call.numbers(0);
    Value yes = call.get(1);
    Value no = call.get(2);
    if (!(yes instanceof Data) && !(no instanceof Data)) {
      Constant first = masked(call, condition, call.constant(yes), true);
      Constant second = masked(call, condition, call.constant(no), false);
      return List.of(ConstantFolding.elementwise(call, first, second, Float::sum));
    }
    return List.of(
        combine(
            call,
            chosen(call, condition, yes, true),
            chosen(call, condition, no, false),
            Arithmetic.ADD));
  }

  private static Value chosen(OperatorCall call, Constant condition, Value of, boolean isYes)
      throws IOException, ImportException {
    return of instanceof Data data
        ? withConstant(call, data, flags(call, condition, isYes), Arithmetic.MULTIPLY, false)
        : masked(call, condition, call.constant(of), isYes);
  }

  private static Constant flags(OperatorCall call, Constant condition, boolean isYes)
      throws ImportException {
    Constant one = new Constant(new int[0], new float[] {1});
    return ConstantFolding.elementwise(call, condition, one, (a, b) -> (a != 0) == isYes ? 1f : 0f);
  }

  private static Constant masked(OperatorCall call, Constant condition, Constant of, boolean isYes)
      throws ImportException {
    return ConstantFolding.elementwise(call, condition, of, (a, b) -> (a != 0) == isYes ? b : 0f);
  }
}
