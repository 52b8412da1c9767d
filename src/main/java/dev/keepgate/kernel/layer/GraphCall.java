package dev.keepgate.kernel.layer;

import dev.keepgate.model.CellTrace;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One batch on its way through a graph; all of its sequences are of one length. */
final class GraphCall {

  final NetworkInput input;

  /** What the nodes that keep a state leave. */
  final RecurrentState state;

  final @Nullable List<CellTrace> traces;

  /** Index of the next node's state, and of its cells' traces. */
  int nextOwner;

  int nextTrace;

  private final Map<String, Value> values = new HashMap<>();

  GraphCall(NetworkInput input, RecurrentState state, @Nullable List<CellTrace> traces) {
    this.input = input;
    this.state = state;
    this.traces = traces;
  }

  void put(String name, Value value) {
    values.put(name, value);
  }

  Value get(String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("no node has given " + name);
    }
    return value;
  }
}
