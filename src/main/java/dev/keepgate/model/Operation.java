package dev.keepgate.model;

import java.util.List;
import java.util.Map;

/**
 * What a node of a network computes: a {@link Layer} works along the steps of one sequence, a
 * {@link TensorOperation} on one or more whole tensors.
 */
public sealed interface Operation permits Layer, TensorOperation {

  /** The name of what an operation gives first. */
  String MAIN = "";

  /** Its kind in a word, such as {@code dense}. */
  String type();

  /** How many numbers its weights have. */
  default long parameters() {
    return 0;
  }

  /**
   * The shapes of what it gives, by name; {@link #MAIN} first.
   *
   * @param inputs the shapes of what it takes
   * @throws InconsistentModelException if they do not fit it
   */
  Map<String, Shape> outputs(List<Shape> inputs);

  /** Whether what it gives at a step of the request needs no later step. */
  boolean isCausal(List<Shape> inputs);

  /** The slots that it keeps from step to step: a list each of what has a state of its own. */
  default List<List<Slot>> state() {
    return List.of();
  }

  /**
   * Whether its state is part of the network's: it begins with the request's, and goes on. All else
   * begins each time anew, or with what other nodes give.
   */
  default boolean keepsState(List<Shape> inputs) {
    return !state().isEmpty() && inputs.size() == 1 && inputs.get(0).isStreamed();
  }

  /** Its recurrent cells: forward, then backward; empty where it has none. */
  default List<Cell> cells() {
    return List.of();
  }

  /** What there is to see of it without its weights. */
  LayerDescription describe(List<Shape> inputs);
}
