package dev.keepgate.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A network as it came from its file: named layers joined as a graph without circles. Most are a
 * chain, whose every node takes what the one before it gives.
 */
public final class Network {

  /** What a chain calls its input. */
  public static final String INPUT = "x";

  /** What a chain calls its output. */
  public static final String OUTPUT = "output";

  private static final int MOST_LEAST_STEPS = 4096;

  private final String framework;
  private final List<Node> nodes;
  private final Map<String, String> outputs;
  private final Signature signature;
  private final GraphValues values;

  /**
   * An operation in its place.
   *
   * @param name unique among the nodes and inputs of its network; without {@code :}
   * @param inputs names of the inputs or nodes that it takes, or {@code node:port} for what a node
   *     gives besides
   */
  public record Node(String name, Operation operation, List<String> inputs) {
    public Node {
      inputs = List.copyOf(inputs);
    }

    /** The name under which other nodes take what it gives at a port. */
    String output(String port) {
      return port.equals(Operation.MAIN) ? name : name + ":" + port;
    }
  }

  private Network(
      String framework,
      List<Node> nodes,
      Map<String, String> outputs,
      Signature signature,
      GraphValues values) {
    this.framework = framework;
    this.nodes = List.copyOf(nodes);
    this.outputs = outputs;
    this.signature = signature;
    this.values = values;
  }

  /**
   * Layers one after the other.
   *
   * @param framework whose semantics it follows, such as {@code pytorch}
   * @param layers from input to output; at least one of them recurrent, an embedding only in front
   * @param returnSequences whether an unroll answers every step where the request does not say
   * @param summary what an unroll answers where it does not answer every step
   * @throws InconsistentModelException if the layers do not fit each other
   */
  public static Network chain(
      String framework, List<? extends Layer> layers, boolean returnSequences, Summary summary) {
    requireFit(layers);
    List<Node> nodes = new ArrayList<>();
    String below = INPUT;
    for (Layer layer : layers) {
      Node node = new Node(layer.type() + "_" + nodes.size(), layer, List.of(below));
      nodes.add(node);
      below = node.name();
    }
    Layer first = layers.get(0);
    Signature.Input input =
        first.vocabulary().isPresent()
            ? Signature.Input.ofIds(INPUT, first.vocabulary().getAsInt())
            : Signature.Input.ofSteps(INPUT, first.inputSize());
    return graph(
        framework,
        List.of(input),
        nodes,
        Map.of(OUTPUT, below),
        new Signature.Unroll(returnSequences, summary));
  }

  private static void requireFit(List<? extends Layer> layers) {
    for (int i = 1; i < layers.size(); i++) {
      if (layers.get(i).vocabulary().isPresent()) {
        throw new InconsistentModelException("an embedding must be the first layer");
      }
      int given = layers.get(i - 1).outputSize();
      if (layers.get(i).inputSize() != given) {
        throw new InconsistentModelException(
            "layer %d takes %d features, the layer below gives %d"
                .formatted(i, layers.get(i).inputSize(), given));
      }
    }
    requireState(layers);
  }

  private static void requireState(List<? extends Layer> layers) {
    if (layers.stream().allMatch(layer -> layer.state().isEmpty())) {
      throw needsCell();
    }
  }

  private static InconsistentModelException needsCell() {
    return new InconsistentModelException("a model needs a recurrent layer");
  }

  /**
   * Layers joined by their names.
   *
   * @param framework whose semantics it follows
   * @param inputs in the order in which they are described
   * @param nodes in any order
   * @param outputs of each output, in the order in which they are described, the node it is of
   * @throws InconsistentModelException if a name is unknown or there twice, nodes feed each other
   *     in a circle, a node leads to no output, or the layers do not fit each other
   */
  public static Network graph(
      String framework,
      List<Signature.Input> inputs,
      List<Node> nodes,
      Map<String, String> outputs,
      Signature.Unroll unroll) {
    Map<String, String> named = new LinkedHashMap<>(outputs);
    List<Node> ordered = NodeOrder.of(inputs, nodes, named);
    if (ordered.stream().allMatch(node -> node.operation().cells().isEmpty())) {
      throw needsCell();
    }
    GraphValues values = new GraphValues(inputs, ordered);
    return new Network(
        framework, ordered, named, signature(inputs, ordered, named, values, unroll), values);
  }

  private static Signature signature(
      List<Signature.Input> inputs,
      List<Node> nodes,
      Map<String, String> outputs,
      GraphValues values,
      Signature.Unroll unroll) {
    List<Signature.Output> described = new ArrayList<>();
    outputs.forEach((name, of) -> described.add(output(name, of, values)));
    boolean isChain = whyNoChain(inputs, nodes, outputs) == null;
    NetworkFootprint footprint = new NetworkFootprint(inputs, nodes, values);
    List<Operation> stateful = values.stateful().stream().map(Node::operation).toList();
    Signature signature =
        new Signature(
            inputs,
            described,
            new StateLayout(stateful.stream().flatMap(each -> each.state().stream()).toList()),
            new Signature.Inside(
                stateful.stream().flatMap(each -> each.cells().stream()).map(Cell::trace).toList(),
                nodes.stream().anyMatch(Network::masksSteps),
                leastSteps(inputs, nodes),
                isChain,
                isChain ? footprint.ofChain() : footprint.ofGraph(),
                values.whole(inputs, nodes)),
            unroll,
            ModelSettings.NONE);
    requireOwnNames(signature);
    return signature;
  }

  /** A request has inputs, lengths and slots side by side, and an answer outputs and slots. */
  private static void requireOwnNames(Signature signature) {
    List<String> slots = signature.state().names();
    List<String> names = new ArrayList<>(slots);
    slots.forEach(slot -> names.add(slot + "0"));
    names.add("lengths");
    for (Signature.Input input : signature.inputs()) {
      if (names.contains(input.name())) {
        throw new InconsistentModelException(
            "the input '%s' has the name of a part of the state, or of the lengths; give it another"
                .formatted(input.name()));
      }
    }
    for (Signature.Output output : signature.outputs()) {
      if (slots.contains(output.name())) {
        throw new InconsistentModelException(
            "the output '%s' has the name of a part of the state; give it another"
                .formatted(output.name()));
      }
    }
  }

  /**
   * The least number of steps with which all shapes fit each other.
   *
   * @throws InconsistentModelException if that is more than {@link #MOST_LEAST_STEPS}
   */
  private static int leastSteps(List<Signature.Input> inputs, List<Node> nodes) {
    InconsistentModelException why = null;
    for (int steps = 1; steps <= MOST_LEAST_STEPS; steps++) {
      Signature.Dimension own = Signature.Dimension.of(steps);
      try {
        new GraphValues(inputs.stream().map(input -> input.of(own)).toList(), nodes);
        return steps;
      } catch (InconsistentModelException e) {
        why = e;
      }
    }
    throw new InconsistentModelException(
        "no sequence of up to %d steps fits: %s"
            .formatted(MOST_LEAST_STEPS, why == null ? "" : why.getMessage()));
  }

  private static boolean masksSteps(Node node) {
    return node.operation() instanceof Layer layer && layer.masksSteps();
  }

  private static Signature.Output output(String name, String of, GraphValues values) {
    List<Signature.Dimension> dims = new ArrayList<>(List.of(Signature.Dimension.BATCH));
    dims.addAll(values.shape(of).dims());
    return new Signature.Output(name, dims, values.isCausal(of));
  }

  /** The same, whose numbers mean something. */
  public Network with(ModelSettings settings) {
    return new Network(framework, nodes, outputs, signature.with(settings), values);
  }

  /** Whose semantics it follows, such as {@code pytorch}. */
  public String framework() {
    return framework;
  }

  /** All nodes, each after those that it takes. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Of each output, the node that it is of. */
  public Map<String, String> outputs() {
    return Map.copyOf(outputs);
  }

  /**
   * The node, and its port, that an output is of.
   *
   * @throws IllegalArgumentException if there is no such output
   */
  public String node(String output) {
    String node = outputs.get(output);
    if (node == null) {
      throw new IllegalArgumentException("no output " + output + " among " + outputs.keySet());
    }
    return node;
  }

  public Signature signature() {
    return signature;
  }

  /** How many numbers its weights have. */
  public long parameters() {
    return nodes.stream().mapToLong(node -> node.operation().parameters()).sum();
  }

  /** What there is to see of it without its weights. */
  public NetworkDescription describe() {
    return NetworkDescription.of(nodes, outputs, values);
  }

  /** What gives the first output. */
  public LayerDescription describeHead() {
    String of = node(signature.outputs().get(0).name());
    return nodes.stream()
        .filter(node -> node.name().equals(of))
        .map(this::describe)
        .findFirst()
        .orElseGet(() -> describe(nodes.get(nodes.size() - 1)));
  }

  private LayerDescription describe(Node node) {
    return node.operation().describe(values.inputs(node));
  }

  /** All recurrent cells, in the order of the nodes. */
  public List<Cell> cells() {
    return nodes.stream().flatMap(node -> node.operation().cells().stream()).toList();
  }

  /** Whether a node's state is part of the network's; else it begins anew with each request. */
  public boolean keepsState(Node node) {
    return values.stateful().contains(node);
  }

  /**
   * The shape of what goes by a name among the nodes, such as {@code lstm} or {@code lstm:final}.
   */
  public Shape shape(String name) {
    return values.shape(name);
  }

  /** Whether it is layers one after the other along the steps of one input. */
  public boolean isChain() {
    return signature.inside().isChain();
  }

  /**
   * The layers of a chain, from input to output.
   *
   * @throws IllegalStateException if the network is no chain, and says where it is not
   */
  public List<Layer> chain() {
    String why = whyNoChain(signature.inputs(), nodes, outputs);
    if (why != null) {
      throw new IllegalStateException("only a chain of layers is computed here, and " + why);
    }
    List<Layer> layers = new ArrayList<>();
    for (Node node : nodes) {
      if (node.operation() instanceof Layer layer) {
        layers.add(layer);
      }
    }
    return layers;
  }

  private static @Nullable String whyNoChain(
      List<Signature.Input> inputs, List<Node> nodes, Map<String, String> outputs) {
    Signature.Input input = inputs.get(0);
    if (inputs.size() != 1 || outputs.size() != 1 || !input.steps()) {
      return "it has inputs %s and outputs %s"
          .formatted(inputs.stream().map(Signature.Input::name).toList(), outputs.keySet());
    }
    String below = input.name();
    for (Node node : nodes) {
      if (!node.inputs().equals(List.of(below)) || !(node.operation() instanceof Layer)) {
        return "node %s takes %s and not %s".formatted(node.name(), node.inputs(), List.of(below));
      }
      below = node.name();
    }
    return outputs.containsValue(below) ? null : "its output is not what it ends with";
  }

  @Override
  public String toString() {
    return nodes.stream()
        .map(node -> node.name() + " of " + node.inputs() + " " + describe(node))
        .collect(Collectors.joining("; ", framework + ": ", ", " + signature.unroll()));
  }
}
