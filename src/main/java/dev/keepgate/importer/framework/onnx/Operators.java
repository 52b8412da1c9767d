package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators that are followed, but for the recurrent ones. */
final class Operators {

  private static final Map<String, Operator> ALL = new HashMap<>();

  /** Those of ONNX Runtime's own domain. */
  private static final Map<String, Operator> OF_RUNTIME = new HashMap<>();

  /** What an operator that is not followed can be written as. */
  private static final Map<String, String> NEAREST =
      Map.ofEntries(
          Map.entry("ConvTranspose", "a Conv over repeated steps"),
          Map.entry("Loop", "an LSTM, GRU or RNN operator: export a layer of the framework"),
          Map.entry("Scan", "an LSTM, GRU or RNN operator: export a layer of the framework"),
          Map.entry("If", "the branch that is taken, exported alone"),
          Map.entry("TopK", "the scores themselves, chosen from by the caller"),
          Map.entry("ArgMax", "the scores themselves, chosen from by the caller"),
          Map.entry("NonZero", "a Where with a constant condition"),
          Map.entry("ScatterND", "a Concat of the parts"),
          Map.entry("CumSum", "a ReduceSum"),
          Map.entry("LpPool", "an AveragePool"),
          Map.entry("Resize", "a Conv with strides"));

  static {
    ALL.put("Identity", call -> List.of(call.get(0)));
    ALL.put("Cast", Operators::cast);
    ALL.put("CastLike", call -> List.of(call.get(0)));
    ALL.put("Dropout", Operators::dropout);
    ALL.putAll(ShapeOperators.ALL);
    ALL.putAll(ConstantOperators.ALL);
    ALL.putAll(LayoutOperators.ALL);
    ALL.putAll(SelectionOperators.ALL);
    ALL.putAll(ArithmeticOperators.ALL);
    ALL.putAll(ActivationOperators.ALL);
    ALL.putAll(ProductOperators.ALL);
    ALL.putAll(ReductionOperators.ALL);
    ALL.putAll(NormalizationOperators.ALL);
    ALL.putAll(WindowOperators.ALL);
    ALL.putAll(QuantizationOperators.ALL);
    OF_RUNTIME.put("Gelu", call -> ActivationOperators.gelu(call));
  }

  private Operators() {}

  /** The operator of a name; null where it is not followed. */
  static @Nullable Operator of(String domain, String name) {
    return switch (domain) {
      case "", "ai.onnx" -> ALL.get(name);
      case "com.microsoft" -> OF_RUNTIME.get(name);
      default -> null;
    };
  }

  static String whyNot(OnnxNode node) {
    String nearest = NEAREST.get(node.operator());
    return "this operator%s is not supported%s"
        .formatted(
            node.domain().isEmpty() ? "" : " of the domain '" + node.domain() + "'",
            nearest == null ? "" : "; nearest is " + nearest);
  }

  /** Numbers are 32-bit floats here, whatever they are cast to; only a truncation differs. */
  private static List<Value> cast(OperatorCall call) throws ImportException {
    Value value = call.get(0);
    long to = call.node().integer("to", 1);
    if (value instanceof Data data) {
      boolean isInput = call.nodes().inputs().has(data.node());
      boolean isWhole = to >= 2 && to <= 7;
      if (to == 9 || (isWhole && !isInput)) {
        throw call.refuse("it makes other numbers of what the layers give: integers or truths");
      }
      if (to == 10 || to == 16) {
        call.evaluation().assume("16-bit floats are computed with as 32-bit floats");
      }
    }
    return List.of(value);
  }

  /** Does nothing at inference, unless a graph insists on training. */
  private static List<Value> dropout(OperatorCall call) throws ImportException {
    if (call.has(2)) {
      throw call.refuse("training_mode is not supported");
    }
    return List.of(call.get(0));
  }
}
