package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Network;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a model of what a graph gives. States of cells, which an answer has beside its outputs, are
 * no outputs of their own where there are others.
 */
final class GraphOutputs {

  private final Evaluation evaluation;
  private final GraphNodes nodes;
  private final @Nullable Boolean returnSequences;

  private GraphOutputs(Evaluation evaluation, @Nullable Boolean returnSequences) {
    this.evaluation = evaluation;
    this.nodes = evaluation.nodes();
    this.returnSequences = returnSequences;
  }

  static Network model(Evaluation evaluation, List<Value> values, @Nullable Boolean returnSequences)
      throws ImportException {
    return new GraphOutputs(evaluation, returnSequences).model(values);
  }

  private Network model(List<Value> values) throws ImportException {
    List<Data> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!(values.get(i) instanceof Data data)) {
        throw refuse(i, "does not depend on the model's input");
      }
      if (nodes.inputs().has(data.node())) {
        throw refuse(i, "is an input of the model");
      }
      results.add(data);
    }
    List<Integer> kept = kept(results);
    if (kept.size() == 1) {
      ChainForm chain = chain(results.get(kept.get(0)));
      if (chain != null) {
        return chain(kept.get(0), chain);
      }
    }
    if (evaluation.recurrent().lengths() != null) {
      throw refuse(
          kept.get(0),
          "is no chain of layers, and sequence_lens end the sequences of some of them; export it without them");
    }
    return graph(results, kept);
  }

  /** The outputs that an answer does not have beside others. */
  private List<Integer> kept(List<Data> results) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      if (!isState(results.get(i).node())) {
        kept.add(i);
      }
    }
    if (kept.isEmpty()) {
      return List.of(summary(results));
    }
    ChainForm first = chain(results.get(kept.get(0)));
    boolean isOne = first != null;
    for (int i : kept) {
      ChainForm other = chain(results.get(i));
      isOne &= other != null && first != null && other.layers().equals(first.layers());
    }
    return isOne ? List.of(kept.get(0)) : kept;
  }

  /** Of states alone, the one of the top layer's outputs. */
  private int summary(List<Data> results) {
    for (int i = 0; i < results.size(); i++) {
      if (ChainForm.of(nodes, results.get(i).node()) != null) {
        return i;
      }
    }
    return 0;
  }

  /** Whether it is a state of layers whose state is the network's. */
  private boolean isState(String name) {
    int port = name.indexOf(':');
    Node node = nodes.find(port < 0 ? name : name.substring(0, port));
    if (node == null) {
      return false;
    }
    if (port >= 0) {
      return node.inputs().size() == 1 && nodes.shape(node.inputs().get(0)).isStreamed();
    }
    return node.operation() instanceof ShapeOperation
        && node.inputs().stream().allMatch(this::isState);
  }

  /** The chain that gives it, its steps before its features; null where there is none. */
  private @Nullable ChainForm chain(Data data) {
    List<Axis> order = new ArrayList<>(GraphNodes.flat(data.dims()));
    order.removeIf(axis -> axis.isBatch() || (axis.isFixed() && axis.size().size() == 1));
    List<Axis> own = new ArrayList<>(data.axes());
    own.removeIf(axis -> axis.isFixed() && axis.size().size() == 1);
    // Of a graph of one step.
    own.removeIf(
        axis -> axis.index() < 0 && axis.size().equals(Dimension.TIME) && !order.contains(axis));
    boolean isInOrder = order.equals(own) || hasOnlyDirectionsAhead(order, own);
    return isInOrder ? ChainForm.of(nodes, data.node()) : null;
  }

  /** Directions may come before the steps, as an operator has them. */
  private static boolean hasOnlyDirectionsAhead(List<Axis> order, List<Axis> own) {
    List<Axis> mine = order.stream().filter(axis -> !axis.isDirections()).toList();
    return mine.equals(own.stream().filter(axis -> !axis.isDirections()).toList());
  }

  private Network chain(int output, ChainForm chain) throws ImportException {
    if (chain.summary() == Summary.LAST_STEP && evaluation.recurrent().lengths() != null) {
      throw refuse(output, "is the last step, which is zero where sequence_lens ended before");
    }
    boolean steps = chain.summary() == null;
    return Network.chain(
        "onnx",
        chain.layers(),
        returnSequences == null ? steps : returnSequences,
        chain.summary() == null ? Summary.LAST_STEP : chain.summary());
  }

  private Network graph(List<Data> results, List<Integer> kept) throws ImportException {
    Map<String, String> outputs = new LinkedHashMap<>();
    for (int i : kept) {
      String name = kept.size() == 1 ? Network.OUTPUT : evaluation.outputNames().get(i);
      outputs.put(name, shown(results.get(i)));
    }
    Set<String> used = used(outputs.values());
    for (String state : evaluation.recurrent().states()) {
      if (used.contains(state)) {
        throw ImportException.unsupported(
            "input '" + state + "'", "is the state of a layer and something else besides");
      }
    }
    return build(outputs, used);
  }

  /**
   * As the file has its dimensions, but the batch in front; directions lie beside their features.
   */
  private String shown(Data data) {
    Data settled = nodes.settled(data);
    List<List<Axis>> groups = new ArrayList<>();
    List<Axis> ahead = new ArrayList<>();
    boolean isBehindBatch = false;
    for (List<Axis> dimension : settled.dims()) {
      List<Axis> own = new ArrayList<>(dimension);
      isBehindBatch |= own.removeIf(Axis::isBatch);
      if (own.size() == 1 && own.get(0).isDirections()) {
        ahead.addAll(own);
        continue;
      }
      boolean isSteps = own.stream().anyMatch(axis -> axis.size().equals(Dimension.TIME));
      if (!own.isEmpty() && !isSteps) {
        own.addAll(0, ahead);
        ahead.clear();
      }
      if (!own.isEmpty() || (dimension.isEmpty() && isBehindBatch)) {
        groups.add(own);
      }
    }
    if (!ahead.isEmpty()) {
      groups.add(ahead);
    }
    return nodes.arranged(settled, groups.isEmpty() ? List.of(List.of()) : groups).node();
  }

  /** All nodes and inputs that lead to some. */
  private Set<String> used(Iterable<String> outputs) {
    Set<String> used = new LinkedHashSet<>();
    outputs.forEach(name -> used.add(plain(name)));
    List<Node> all = new ArrayList<>(nodes.all().values());
    for (int i = all.size() - 1; i >= 0; i--) {
      if (used.contains(all.get(i).name())) {
        all.get(i).inputs().forEach(input -> used.add(plain(input)));
      }
    }
    return used;
  }

  private static String plain(String name) {
    int port = name.indexOf(':');
    return port < 0 ? name : name.substring(0, port);
  }

  private Network build(Map<String, String> outputs, Set<String> used) {
    List<String> names =
        nodes.inputs().signature().keySet().stream().filter(used::contains).toList();
    List<Signature.Input> inputs = new ArrayList<>();
    Map<String, String> renamed = new HashMap<>();
    for (String name : names) {
      Signature.Input given = nodes.inputs().signature(name);
      String own = GraphInputs.name(names, name);
      inputs.add(new Signature.Input(own, given.shape(), given.vocabulary()));
      renamed.put(name, own);
    }
    GraphBuilder builder = new GraphBuilder("onnx", inputs);
    for (Node node : nodes.all().values()) {
      if (used.contains(node.name())) {
        List<String> below = node.inputs().stream().map(input -> renamed(renamed, input)).toList();
        renamed.put(node.name(), builder.add(node.name(), node.operation(), below));
      }
    }
    Map<String, String> shown = new LinkedHashMap<>();
    outputs.forEach((name, of) -> shown.put(name, renamed(renamed, of)));
    boolean hasSequence = shown.values().stream().anyMatch(of -> builder.shape(of).isSequence());
    boolean isSteps = hasSequence && (returnSequences == null || returnSequences);
    return builder.build(shown, new Signature.Unroll(isSteps, Summary.LAST_STEP));
  }

  private static String renamed(Map<String, String> names, String name) {
    String plain = plain(name);
    return names.getOrDefault(plain, plain) + name.substring(plain.length());
  }

  private ImportException refuse(int output, String detail) {
    return ImportException.unsupported(
        "output '" + evaluation.outputNames().get(output) + "'", detail);
  }
}
