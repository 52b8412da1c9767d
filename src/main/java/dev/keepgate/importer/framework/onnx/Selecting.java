package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ArrayOperation.Function;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.List;

/** Comparisons of what layers give, as 1 and 0, and what is chosen by them. */
final class Selecting {

  private static final Activation CLIP = new Activation(Activation.Kind.CLIP, 0, 1);

  private Selecting() {}

  /** One of two, where the condition depends on the model's input. */
  static Data selected(OperatorCall call, Data condition, Value yes, Value no)
      throws IOException, ImportException {
    if (!(yes instanceof Data) && !(no instanceof Data)) {
      Constant otherwise = call.constant(no);
      Constant more =
          ConstantFolding.elementwise(call, call.constant(yes), otherwise, (a, b) -> a - b);
      Data raised =
          ArithmeticOperators.withConstant(call, condition, more, Arithmetic.MULTIPLY, false);
      return ArithmeticOperators.withConstant(call, raised, otherwise, Arithmetic.ADD, false);
    }
    Alignment.Aligned both =
        Alignment.of(call, data(call, yes, condition), data(call, no, condition));
    Alignment.Aligned all = Alignment.of(call, both.result(both.a().node()), condition);
    if (!all.groups().equals(both.groups())) {
      throw call.refuse("its condition has more dimensions than what it chooses from");
    }
    String node =
        call.nodes()
            .add(
                call.node().name(),
                new ArrayOperation.Select(),
                List.of(all.b().node(), both.a().node(), both.b().node()));
    return all.result(node);
  }

  private static Data data(OperatorCall call, Value value, Data like)
      throws IOException, ImportException {
    return value instanceof Data data ? data : Joining.constant(call, call.constant(value), like);
  }

  /** 1 where the first is greater, else 0. */
  static Data greater(OperatorCall call, Value a, Value b) throws IOException, ImportException {
    Data distance = ArithmeticOperators.combine(call, a, b, Arithmetic.SUBTRACT);
    Data sign = ActivationOperators.apply(call, distance, Function.SIGN);
    return ActivationOperators.activate(call, sign, CLIP);
  }

  static Data equal(OperatorCall call, Value a, Value b) throws IOException, ImportException {
    Data distance = ArithmeticOperators.combine(call, a, b, Arithmetic.SUBTRACT);
    Data sign = ActivationOperators.apply(call, distance, Function.SIGN);
    return not(call, ActivationOperators.apply(call, sign, Function.ABSOLUTE));
  }

  /** 1 - x */
  static Data not(OperatorCall call, Data data) throws ImportException {
    Constant one = new Constant(new int[0], new float[] {1});
    return ArithmeticOperators.withConstant(call, data, one, Arithmetic.SUBTRACT, true);
  }
}
