package dev.keepgate.importer.framework.onnx;

import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The layers that data has gone through since a graph input: none, or a layer on top of another
 * chain. Two are the same only if they are the same object.
 */
final class LayerChain {

  private final @Nullable LayerChain below;
  private final @Nullable Layer layer;
  private final String input;

  private LayerChain(@Nullable LayerChain below, @Nullable Layer layer, String input) {
    this.below = below;
    this.layer = layer;
    this.input = input;
  }

  static LayerChain input(String name) {
    return new LayerChain(null, null, name);
  }

  LayerChain then(Layer layer) {
    return new LayerChain(this, layer, input);
  }

  /** This chain with another layer in place of its last. */
  LayerChain instead(Layer other) {
    return new LayerChain(Objects.requireNonNull(below), other, input);
  }

  boolean isInput() {
    return layer == null;
  }

  /** The graph input that the data came from. */
  String input() {
    return input;
  }

  /** The last layer; null for an input. */
  @Nullable Layer layer() {
    return layer;
  }

  /** The last layer if it is recurrent; else null. */
  Layer.@Nullable Recurrent recurrent() {
    return layer instanceof Layer.Recurrent recurrent ? recurrent : null;
  }

  boolean isBidirectional() {
    Layer.Recurrent recurrent = recurrent();
    return recurrent != null && recurrent.isBidirectional();
  }

  /** Whether a recurrent layer that reads only from the end. */
  boolean isReverse() {
    Layer.Recurrent recurrent = recurrent();
    return recurrent != null && recurrent.forward() == null;
  }

  /** Features that it gives; -1 for an input. */
  int width() {
    return layer == null ? -1 : layer.outputSize();
  }

  /**
   * The activation by which this chain's output differs from another's; linear where it is none.
   */
  Activation activationOver(LayerChain other) {
    if (below == other && layer instanceof Layer.Activate activate) {
      return activate.activation();
    }
    // A dense layer has its activation inside.
    boolean same =
        below == other.below
            && layer instanceof Layer.Dense mine
            && other.layer instanceof Layer.Dense its
            && mine.kernel() == its.kernel()
            && its.activation().equals(Activation.LINEAR);
    return same && layer instanceof Layer.Dense dense ? dense.activation() : Activation.LINEAR;
  }

  /** Whether both are of the same cells, however their directions are merged. */
  boolean hasCellsOf(LayerChain other) {
    Layer.Recurrent a = recurrent();
    Layer.Recurrent b = other.recurrent();
    return a != null
        && b != null
        && Objects.equals(a.forward(), b.forward())
        && Objects.equals(a.backward(), b.backward());
  }

  /** The chains of one layer and more that end in this, shortest first. */
  List<LayerChain> path() {
    List<LayerChain> path = new ArrayList<>();
    for (LayerChain chain = this; chain != null && !chain.isInput(); chain = chain.below) {
      path.add(chain);
    }
    Collections.reverse(path);
    return path;
  }

  /** Whether a recurrent layer is in this chain. */
  boolean hasRecurrent() {
    return path().stream().anyMatch(chain -> chain.layer instanceof Layer.Recurrent);
  }

  /** The layer's output width, if its directions lie side by side, of one of them. */
  int directionWidth() {
    return isBidirectional() && Objects.requireNonNull(recurrent()).merge() == Merge.CONCAT
        ? width() / 2
        : width();
  }

  @Override
  public String toString() {
    return layer == null ? "input " + input : String.valueOf(layer.describe());
  }
}
