package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operators that are followed, but for the recurrent ones. */
final class Operators {

  private static final Map<String, Operator> ALL = new HashMap<>();

  static {
    ALL.put("Identity", call -> List.of(call.get(0)));
    ALL.put("Cast", call -> List.of(call.get(0)));
    ALL.put("CastLike", call -> List.of(call.get(0)));
    ALL.put("Dropout", Operators::dropout);
    ALL.putAll(ShapeOperators.ALL);
    ALL.putAll(LayoutOperators.ALL);
    ALL.putAll(HeadOperators.ALL);
  }

  private Operators() {}

  /** The operator of a name; null where it is not followed. */
  static @Nullable Operator of(String name) {
    return ALL.get(name);
  }

  /** Does nothing at inference, unless a graph insists on training. */
  private static List<Value> dropout(OperatorCall call) throws ImportException {
    if (call.has(2)) {
      throw call.refuse("training_mode is not supported");
    }
    return List.of(call.get(0));
  }
}
