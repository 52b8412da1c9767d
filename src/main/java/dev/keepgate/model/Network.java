package dev.keepgate.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A network as it came from its file: named layers joined as a graph without circles. Most are a
 * chain, whose every node takes what the one before it gives.
 */
public final class Network {

  /** What a chain calls its input. */
  public static final String INPUT = "x";

  /** What a chain calls its output. */
  public static final String OUTPUT = "output";

  private final String framework;
  private final List<Node> nodes;
  private final Map<String, String> outputs;
  private final Signature signature;

  /**
   * A layer in its place.
   *
   * @param name unique among the nodes and inputs of its network
   * @param inputs names of the nodes or inputs that it takes
   */
  public record Node(String name, Layer layer, List<String> inputs) {
    public Node {
      inputs = List.copyOf(inputs);
    }
  }

  private Network(
      String framework, List<Node> nodes, Map<String, String> outputs, Signature signature) {
    this.framework = framework;
    this.nodes = List.copyOf(nodes);
    this.outputs = outputs;
    this.signature = signature;
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
      throw new InconsistentModelException("a model needs a recurrent layer");
    }
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
    List<Layer> layers = ordered.stream().map(Node::layer).toList();
    requireState(layers);
    return new Network(
        framework, ordered, named, signature(inputs, ordered, named, layers, unroll));
  }

  private static Signature signature(
      List<Signature.Input> inputs,
      List<Node> nodes,
      Map<String, String> outputs,
      List<Layer> layers,
      Signature.Unroll unroll) {
    List<Signature.Output> described = new ArrayList<>();
    outputs.forEach((name, of) -> described.add(output(name, of, nodes)));
    return new Signature(
        inputs,
        described,
        new StateLayout(layers.stream().flatMap(layer -> layer.state().stream()).toList()),
        new Signature.Inside(
            layers.stream().flatMap(layer -> layer.cells().stream()).map(Cell::trace).toList(),
            layers.stream().anyMatch(Layer::masksSteps),
            layers.stream().mapToLong(Network::width).max().orElse(0)),
        unroll);
  }

  /** An output can step where all that it is made of can. */
  private static Signature.Output output(String name, String of, List<Node> nodes) {
    Set<String> below = new LinkedHashSet<>(Set.of(of));
    boolean steps = true;
    int size = 0;
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (below.contains(node.name())) {
        below.addAll(node.inputs());
        steps &= node.layer().isCausal();
        size = node.name().equals(of) ? node.layer().outputSize() : size;
      }
    }
    return new Signature.Output(
        name,
        List.of(Signature.Dimension.BATCH, Signature.Dimension.TIME, Signature.Dimension.of(size)),
        steps);
  }

  private static long width(Layer layer) {
    long cells = layer.cells().stream().mapToLong(Cell::outputSize).sum();
    return (long) layer.inputSize() + layer.outputSize() + cells;
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

  public Signature signature() {
    return signature;
  }

  /** How many numbers its weights have. */
  public long parameters() {
    return nodes.stream().mapToLong(node -> node.layer().parameters()).sum();
  }

  /** What there is to see of its layers without their weights, in the order of the nodes. */
  public List<LayerDescription> describe() {
    return nodes.stream().map(node -> node.layer().describe()).toList();
  }

  /** All recurrent cells, in the order of their states. */
  public List<Cell> cells() {
    return nodes.stream().flatMap(node -> node.layer().cells().stream()).toList();
  }

  /**
   * The layers of a chain, from input to output.
   *
   * @throws IllegalStateException if the network is no chain, and says where it is not
   */
  public List<Layer> chain() {
    if (signature.inputs().size() != 1 || outputs.size() != 1) {
      throw noChain(
          "it has inputs %s and outputs %s"
              .formatted(
                  signature.inputs().stream().map(Signature.Input::name).toList(),
                  outputs.keySet()));
    }
    String below = signature.inputs().get(0).name();
    for (Node node : nodes) {
      if (!node.inputs().equals(List.of(below))) {
        throw noChain(
            "node %s takes %s and not %s".formatted(node.name(), node.inputs(), List.of(below)));
      }
      below = node.name();
    }
    return nodes.stream().map(Node::layer).toList();
  }

  private static IllegalStateException noChain(String why) {
    return new IllegalStateException("only a chain of layers is computed here, and " + why);
  }

  @Override
  public String toString() {
    return nodes.stream()
        .map(node -> node.name() + " of " + node.inputs() + " " + node.layer().describe())
        .collect(Collectors.joining("; ", framework + ": ", ", " + signature.unroll()));
  }
}
