package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.InconsistentModelException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the values of a graph from its inputs to its outputs. Constants are computed; of the data
 * the network is made that computes it, and it is told how its dimensions lie. A value is dropped
 * after its last reader, so that few constants are in memory at a time.
 */
final class Evaluation {

  static final int MAX_SMALL = 1024;

  private final OnnxFile file;
  private final OnnxGraph graph;
  private final Map<String, Value> values = new HashMap<>();
  private final Map<String, Integer> readers = new HashMap<>();
  private final GraphInputs inputs;
  private final GraphNodes nodes;
  private final RecurrentOperator recurrent = new RecurrentOperator();
  private final Set<String> assumed = new LinkedHashSet<>();

  Evaluation(OnnxFile file, GraphInputs inputs) {
    this.file = file;
    this.graph = file.graph();
    this.inputs = inputs;
    this.nodes = new GraphNodes(inputs);
  }

  GraphNodes nodes() {
    return nodes;
  }

  /** Takes note of what is served otherwise than the file has it, in words. */
  void assume(String what) {
    assumed.add(what);
  }

  List<String> assumed() {
    return List.copyOf(assumed);
  }

  long operators() {
    return graph.operators();
  }

  List<String> outputNames() {
    return graph.outputs();
  }

  /** An initializer, or a constant that a node gives; null where there is none of this name. */
  @Nullable OnnxTensor stored(String name) {
    for (OnnxNode node : graph.nodes()) {
      OnnxNode.Attribute value = node.attributes().get("value");
      if (node.outputs().contains(name) && value != null) {
        return value.tensor();
      }
    }
    return graph.constants().get(name);
  }

  OnnxFile file() {
    return file;
  }

  /** What the recurrent nodes said of state and lengths. */
  RecurrentOperator recurrent() {
    return recurrent;
  }

  /** What is known of the graph's outputs, in order. */
  List<Value> outputs() throws IOException, ImportException {
    List<OnnxNode> order = order();
    graph.outputs().forEach(this::addReader);
    order.forEach(node -> node.inputs().forEach(this::addReader));
    values.putAll(inputs.data());
    for (OnnxNode node : order) {
      evaluate(node);
    }
    List<Value> outputs = new ArrayList<>();
    for (String name : graph.outputs()) {
      Value value = value(name);
      if (value == null) {
        throw ImportException.malformed("nothing gives the output '" + name + "'");
      }
      outputs.add(value);
    }
    return outputs;
  }

  private void addReader(String name) {
    readers.merge(name, 1, Integer::sum);
  }

  /** Reads a stored constant, and keeps it for its other readers. */
  Value.Constant read(String name, Value.StoredConstant stored)
      throws IOException, ImportException {
    Value.Constant numbers =
        new Value.Constant(stored.tensor().shape(), file.floats(stored.tensor()));
    if (readers.getOrDefault(name, 0) > 1) {
      values.put(name, numbers);
    }
    return numbers;
  }

  private void evaluate(OnnxNode node) throws IOException, ImportException {
    List<@Nullable Value> inputs = new ArrayList<>();
    for (String name : node.inputs()) {
      Value value = name.isEmpty() ? null : value(name);
      if (value == null && !name.isEmpty()) {
        throw node.refuse("reads '%s', which nothing gives".formatted(name));
      }
      inputs.add(value);
    }
    if (node.attributes().values().stream().anyMatch(OnnxNode.Attribute::subgraph)) {
      throw node.refuse("has a graph of its own, which is not followed");
    }
    List<? extends Value> outputs = apply(new OperatorCall(node, inputs, this));
    for (int i = 0; i < Math.min(outputs.size(), node.outputs().size()); i++) {
      values.put(node.outputs().get(i), outputs.get(i));
    }
    for (String name : node.inputs()) {
      if (readers.merge(name, -1, Integer::sum) == 0) {
        values.remove(name);
      }
    }
  }

  private List<? extends Value> apply(OperatorCall call) throws IOException, ImportException {
    OnnxNode node = call.node();
    Operator operator =
        RecurrentOperator.isNamed(node) ? recurrent : Operators.of(node.domain(), node.operator());
    if (operator == null) {
      throw node.refuse(Operators.whyNot(node));
    }
    try {
      return operator.apply(call);
    } catch (InconsistentModelException e) {
      throw node.refuse(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Value value(String name) throws IOException, ImportException {
    Value value = values.get(name);
    if (value != null) {
      return value;
    }
    OnnxTensor constant = graph.constants().get(name);
    return constant == null ? null : constant(constant);
  }

  /** A constant: its integers where it is of the kind that describes shapes. */
  Value constant(OnnxTensor tensor) throws IOException, ImportException {
    if (!tensor.isWhole() || tensor.shape().length > 1 || tensor.count() > MAX_SMALL) {
      return new Value.StoredConstant(tensor);
    }
    List<SymbolicSize> elements = new ArrayList<>();
    for (long element : file.integers(tensor)) {
      elements.add(SymbolicSize.of(element));
    }
    return new Value.Integers(elements, tensor.shape().length == 0);
  }

  /** The nodes that the outputs depend on, each after those that it reads. */
  private List<OnnxNode> order() throws ImportException {
    Map<String, OnnxNode> givers = givers();
    List<OnnxNode> order = new ArrayList<>();
    Set<OnnxNode> open = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<OnnxNode> done = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<OnnxNode> stack = new ArrayDeque<>();
    for (String output : graph.outputs()) {
      push(givers.get(output), stack);
      while (!stack.isEmpty()) {
        OnnxNode node = stack.peek();
        if (done.contains(node)) {
          stack.pop();
        } else if (open.add(node)) {
          for (String input : node.inputs()) {
            OnnxNode giver = givers.get(input);
            if (giver != null && open.contains(giver) && !done.contains(giver)) {
              throw ImportException.malformed(giver.label() + " depends on itself");
            }
            push(giver, stack);
          }
        } else {
          stack.pop();
          done.add(node);
          order.add(node);
        }
      }
    }
    return order;
  }

  private static void push(@Nullable OnnxNode node, Deque<OnnxNode> stack) {
    if (node != null) {
      stack.push(node);
    }
  }

  private Map<String, OnnxNode> givers() throws ImportException {
    Map<String, OnnxNode> givers = new HashMap<>();
    Set<String> given = new HashSet<>(graph.constants().keySet());
    for (OnnxGraph.Input input : graph.inputs()) {
      given.add(input.name());
    }
    for (OnnxNode node : graph.nodes()) {
      for (String output : node.outputs()) {
        if (!output.isEmpty() && (!given.add(output) || givers.put(output, node) != null)) {
          throw ImportException.malformed(
              "the value '%s' is given twice, by %s too".formatted(output, node.label()));
        }
      }
    }
    return givers;
  }
}
