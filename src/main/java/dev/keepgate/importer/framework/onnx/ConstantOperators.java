package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.importer.framework.onnx.Value.Integers;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Comparisons, logic and masks: of constants they are done. */
final class ConstantOperators {

  static final Map<String, Operator> ALL =
      Map.ofEntries(
          Map.entry("Equal", call -> compared(call, (a, b) -> a == b ? 1 : 0)),
          Map.entry("Less", call -> compared(call, (a, b) -> a < b ? 1 : 0)),
          Map.entry("LessOrEqual", call -> compared(call, (a, b) -> a <= b ? 1 : 0)),
          Map.entry("Greater", call -> compared(call, (a, b) -> a > b ? 1 : 0)),
          Map.entry("GreaterOrEqual", call -> compared(call, (a, b) -> a >= b ? 1 : 0)),
          Map.entry("And", call -> compared(call, (a, b) -> a != 0 && b != 0 ? 1 : 0)),
          Map.entry("Or", call -> compared(call, (a, b) -> a != 0 || b != 0 ? 1 : 0)),
          Map.entry("Not", ConstantOperators::not),
          Map.entry("Mod", ConstantOperators::modulo),
          Map.entry("Trilu", ConstantOperators::triangle));

  private ConstantOperators() {}

  private static boolean hasData(OperatorCall call) {
    for (int i = 0; i < call.inputs().size(); i++) {
      if (call.isData(i)) {
        return true;
      }
    }
    return false;
  }

  private static void requireConstants(OperatorCall call) throws ImportException {
    if (hasData(call)) {
      throw call.refuse("it depends on the model's input; nearest is one of constants");
    }
  }

  /** Of what layers give, as 1 and 0. */
  private static Data ofData(OperatorCall call) throws IOException, ImportException {
    Value a = call.get(0);
    Value b = call.get(1);
    return switch (call.node().operator()) {
      case "Greater" -> Selecting.greater(call, a, b);
      case "Less" -> Selecting.greater(call, b, a);
      case "GreaterOrEqual" -> Selecting.not(call, Selecting.greater(call, b, a));
      case "LessOrEqual" -> Selecting.not(call, Selecting.greater(call, a, b));
      case "Equal" -> Selecting.equal(call, a, b);
      case "And" -> ArithmeticOperators.combine(call, a, b, Arithmetic.MULTIPLY);
      default -> ArithmeticOperators.combine(call, a, b, Arithmetic.MAXIMUM);
    };
  }

  private static List<? extends Value> compared(
      OperatorCall call, ConstantFolding.Pairwise function) throws IOException, ImportException {
    if (hasData(call)) {
      return List.of(ofData(call));
    }
    boolean isEqual = call.node().operator().equals("Equal");
    List<Value> whole =
        ShapeOperators.elementwise(
            call,
            (a, b) -> {
              if (a.isConstant() && b.isConstant()) {
                return SymbolicSize.of(
                    (long) function.apply((float) a.offset(), (float) b.offset()));
              }
              // A size is never the negative number that stands for "any".
              return isEqual && (a.is(-1) || b.is(-1)) ? SymbolicSize.of(0) : null;
            });
    return whole != null
        ? whole
        : List.of(ConstantFolding.elementwise(call, call.numbers(0), call.numbers(1), function));
  }

  private static List<? extends Value> not(OperatorCall call) throws IOException, ImportException {
    return List.of(
        call.isData(0)
            ? Selecting.not(call, call.data(0))
            : ConstantFolding.each(call, call.numbers(0), x -> x == 0 ? 1 : 0));
  }

  /** Of integers that are no less than 0. */
  private static List<? extends Value> modulo(OperatorCall call)
      throws IOException, ImportException {
    requireConstants(call);
    List<Value> whole =
        ShapeOperators.elementwise(
            call,
            (a, b) -> {
              if (!b.isConstant() || b.offset() <= 0) {
                return null;
              }
              boolean isMultiple = a.factor() % b.offset() == 0 && a.offset() % b.offset() == 0;
              if (!a.isConstant()) {
                return isMultiple ? SymbolicSize.of(0) : null;
              }
              return SymbolicSize.of(Math.floorMod(a.offset(), b.offset()));
            });
    if (whole == null) {
      throw call.refuse("it is not of integers that can be told ahead");
    }
    return whole;
  }

  private static List<? extends Value> triangle(OperatorCall call)
      throws IOException, ImportException {
    requireConstants(call);
    if (call.find(0) instanceof Value.Zeros zeros) {
      return List.of(zeros);
    }
    Constant numbers = call.numbers(0);
    long diagonal = 0;
    if (call.find(1) instanceof Integers given) {
      diagonal = given.elements().get(0).offset();
    } else if (call.has(1)) {
      diagonal = (long) call.numbers(1).values()[0];
    }
    if (numbers.rank() < 2) {
      throw call.refuse("it is not of matrices");
    }
    boolean isUpper = call.node().integer("upper", 1) != 0;
    int columns = numbers.shape()[numbers.rank() - 1];
    int rows = numbers.shape()[numbers.rank() - 2];
    Constant result = ConstantFolding.filled(call, numbers.shape(), 0);
    for (int i = 0; i < result.values().length; i++) {
      long distance = i % columns - (long) (i / columns % rows);
      if (isUpper ? distance >= diagonal : distance <= diagonal) {
        result.values()[i] = numbers.values()[i];
      }
    }
    return List.of(result);
  }
}
