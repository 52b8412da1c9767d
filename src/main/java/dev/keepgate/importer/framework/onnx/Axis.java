package dev.keepgate.importer.framework.onnx;

import dev.keepgate.model.Signature.Dimension;

/**
 * One dimension of what flows through a graph, which keeps its identity through transpositions and
 * reshapings.
 *
 * @param id unique
 * @param input the graph input that it is of; empty for what layers give
 * @param index which of the input's; {@link #DIRECTIONS} for the directions of a layer
 * @param size as the network has it
 * @param written as the file has it; -1 where that is not fixed
 */
record Axis(int id, String input, int index, Dimension size, long written) {

  static final int DIRECTIONS = -2;

  boolean isBatch() {
    return size.equals(Dimension.BATCH);
  }

  boolean isFixed() {
    return size.symbol() == null;
  }

  boolean isDirections() {
    return index == DIRECTIONS;
  }

  /** Whether it is the dimension of an input that the file leaves open and that is no time. */
  boolean isUnknown() {
    return !isFixed() && !isBatch() && !input.isEmpty() && !size.equals(Dimension.TIME);
  }
}
