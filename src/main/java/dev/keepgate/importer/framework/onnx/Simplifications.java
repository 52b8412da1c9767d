package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Operation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What several operators of a graph write that is one layer of ours. */
final class Simplifications {

  /** What the product of data with a function of it is. */
  private static final Map<Activation, Activation> GATED =
      Map.of(
          Activation.SIGMOID,
          Activation.of(Kind.SWISH),
          Activation.HARD_SIGMOID_SIXTH,
          Activation.HARD_SWISH_SIXTH);

  private Simplifications() {}

  /** x * sigmoid(x) and the like as an activation; null where it is none. */
  static @Nullable Data gated(OperatorCall call, Data a, Data b) {
    Data found = gatedBy(call, a, b);
    return found != null ? found : gatedBy(call, b, a);
  }

  private static @Nullable Data gatedBy(OperatorCall call, Data gate, Data data) {
    Node node = call.nodes().find(gate.node());
    if (node == null || !gate.dims().equals(data.dims()) || !gate.groups().equals(data.groups())) {
      return null;
    }
    Activation function = over(call, node, data.node());
    Activation both = function == null ? null : GATED.get(function);
    return both == null ? null : ActivationOperators.activate(call, data, both);
  }

  /** The activation by which a node's output differs from another's; null where it is none. */
  private static @Nullable Activation over(OperatorCall call, Node node, String other) {
    if (node.operation() instanceof Layer.Activate activate
        && node.inputs().equals(List.of(other))) {
      return activate.activation();
    }
    Node plain = call.nodes().find(other);
    boolean isSame =
        plain != null
            && node.inputs().equals(plain.inputs())
            && node.operation() instanceof Layer.Dense mine
            && plain.operation() instanceof Layer.Dense its
            && mine.kernel() == its.kernel()
            && mine.bias() == its.bias()
            && its.activation().equals(Activation.LINEAR);
    return isSame && node.operation() instanceof Layer.Dense dense ? dense.activation() : null;
  }

  /** The part of a layer's output that a node cuts out. */
  private record Cut(Node node, ShapeOperation.Slice slice) {
    static @Nullable Cut of(OperatorCall call, String name) {
      Node node = call.nodes().find(name);
      return node != null && node.operation() instanceof ShapeOperation.Slice slice
          ? new Cut(node, slice)
          : null;
    }
  }

  /**
   * The two directions of a layer, added or multiplied, as the layer's own; null if they are not.
   */
  static @Nullable Data merged(OperatorCall call, Data a, Data b, Arithmetic arithmetic) {
    Merge merge =
        arithmetic == Arithmetic.ADD
            ? Merge.SUM
            : arithmetic == Arithmetic.MULTIPLY ? Merge.MUL : null;
    Cut first = Cut.of(call, a.node());
    Cut second = Cut.of(call, b.node());
    if (merge == null || first == null || second == null || a.rank() != b.rank()) {
      return null;
    }
    String of = first.node.inputs().get(0);
    boolean isFinal = of.endsWith(":" + Layer.Recurrent.FINAL);
    String name = isFinal ? of.substring(0, of.indexOf(':')) : of;
    Node node = call.nodes().find(name);
    if (node == null
        || !second.node.inputs().get(0).equals(of)
        || !(node.operation() instanceof Layer.Recurrent layer)
        || !layer.isBidirectional()
        || layer.merge() != Merge.CONCAT
        || !areHalves(first.slice, second.slice, isFinal ? 0 : 1, layer.outputSize() / 2)) {
      return null;
    }
    Layer.Recurrent own =
        new Layer.Recurrent(layer.forward(), layer.backward(), merge, false, false);
    String added = call.nodes().add(node.name(), own, node.inputs());
    return a.at(isFinal ? added + ":" + Layer.Recurrent.FINAL : added);
  }

  private static boolean areHalves(
      ShapeOperation.Slice a, ShapeOperation.Slice b, int axis, int half) {
    ShapeOperation.Slice forward = new ShapeOperation.Slice(axis, 0, half, false);
    ShapeOperation.Slice backward = new ShapeOperation.Slice(axis, half, 2 * half, false);
    return (a.equals(forward) && b.equals(backward)) || (a.equals(backward) && b.equals(forward));
  }

  /**
   * The node that a part of another's axis is: a part of a part, or the end of a direction, which
   * is its final state.
   */
  static String sliced(OperatorCall call, String of, ShapeOperation.Slice slice) {
    Cut below = Cut.of(call, of);
    if (below != null) {
      String last = finalState(call, below, slice);
      if (last != null) {
        return last;
      }
    }
    Operation padded = Padding.chomped(call.nodes().find(of), slice);
    if (padded != null) {
      Node node = Objects.requireNonNull(call.nodes().find(of));
      return call.nodes().add(node.name(), padded, node.inputs());
    }
    Node node = call.nodes().find(of);
    if (node != null
        && node.operation() instanceof Layer.Recurrent layer
        && layer.forward() == null
        && isFirstStep(slice)) {
      return of + ":" + Layer.Recurrent.FINAL;
    }
    return call.nodes().add(call, slice, of);
  }

  static boolean isFirstStep(ShapeOperation.Slice slice) {
    return slice.equals(FIRST);
  }

  /** The first step, which has no such slice where the number of steps is open. */
  static final ShapeOperation.Slice FIRST = new ShapeOperation.Slice(0, 0, 1, true);

  static final ShapeOperation.Slice LAST = new ShapeOperation.Slice(0, -1, null, true);

  /** A direction's output at the step that it read last is its final state. */
  private static @Nullable String finalState(
      OperatorCall call, Cut below, ShapeOperation.Slice slice) {
    boolean isStepFirst = below.slice.equals(LAST) || isFirstStep(below.slice);
    boolean isStepLast = slice.equals(LAST) || isFirstStep(slice);
    if (isStepFirst == isStepLast) {
      return null;
    }
    ShapeOperation.Slice step = isStepFirst ? below.slice : slice;
    ShapeOperation.Slice part = isStepFirst ? slice : below.slice;
    Node node = call.nodes().find(below.node.inputs().get(0));
    if (node == null
        || !(node.operation() instanceof Layer.Recurrent layer)
        || !layer.isBidirectional()
        || layer.merge() != Merge.CONCAT
        || part.axis() != (isStepFirst ? 0 : 1)
        || part.removesAxis()) {
      return null;
    }
    int half = layer.outputSize() / 2;
    boolean isForward = part.from() == 0 && Objects.equals(part.to(), half);
    boolean isBackward = part.from() == half && Objects.equals(part.to(), 2 * half);
    if (step.equals(LAST) ? !isForward : !isBackward) {
      return null;
    }
    return call.nodes()
        .add(
            call,
            new ShapeOperation.Slice(0, part.from(), part.to(), false),
            node.name() + ":" + Layer.Recurrent.FINAL);
  }
}
