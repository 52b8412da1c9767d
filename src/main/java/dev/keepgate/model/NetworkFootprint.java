package dev.keepgate.model;

import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.Signature.Footprint;
import java.util.ArrayList;
import java.util.List;

/** How many numbers it takes to compute a row of a network as a whole. */
final class NetworkFootprint {

  private final List<Signature.Input> inputs;
  private final List<Node> nodes;
  private final GraphValues values;

  NetworkFootprint(List<Signature.Input> inputs, List<Node> nodes, GraphValues values) {
    this.inputs = inputs;
    this.nodes = nodes;
    this.values = values;
  }

  /** Of a chain, whose layers are forgotten as soon as the next is computed: its widest layer. */
  Footprint ofChain() {
    long widest = 0;
    for (Node node : nodes) {
      long width = cells(node);
      for (Shape input : values.inputs(node)) {
        width += numbers(input.dims());
      }
      widest = Math.max(widest, width + numbers(values.shape(node.name()).dims()));
    }
    return new Footprint(List.of(0L, widest));
  }

  /** Of a graph, which keeps what each node gives to the end. */
  Footprint ofGraph() {
    List<Long> byPower = new ArrayList<>();
    for (Signature.Input input : inputs) {
      add(byPower, input.shape().subList(1, input.shape().size()), 1);
    }
    for (Node node : nodes) {
      List<Dimension> given = values.shape(node.name()).dims();
      add(byPower, given, 1);
      if (node.operation() instanceof TensorOperation.Conv1d convolution) {
        int taps = convolution.window().size() * convolution.inputSize();
        add(byPower, List.of(given.get(0)), taps);
      }
      if (!node.operation().cells().isEmpty()) {
        add(byPower, List.of(given.get(0)), cells(node));
      }
    }
    return new Footprint(byPower);
  }

  private static void add(List<Long> byPower, List<Dimension> dims, long factor) {
    int power = (int) dims.stream().filter(dim -> dim.symbol() != null).count();
    while (byPower.size() <= power) {
      byPower.add(0L);
    }
    byPower.set(power, byPower.get(power) + factor * numbers(dims));
  }

  /** What the cells make in a step. */
  private static long cells(Node node) {
    return node.operation().cells().stream().mapToLong(Cell::outputSize).sum();
  }

  /** The product of the fixed sizes. */
  private static long numbers(List<Dimension> dims) {
    long numbers = 1;
    for (Dimension dim : dims) {
      numbers *= Math.max(dim.size(), 1);
    }
    return numbers;
  }
}
