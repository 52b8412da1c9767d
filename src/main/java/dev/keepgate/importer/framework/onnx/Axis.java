package dev.keepgate.importer.framework.onnx;

/**
 * One dimension of what flows through a graph, which keeps its identity through transpositions and
 * reshapings.
 *
 * @param input the graph input that it is of; empty for those below
 * @param index which of the input's
 * @param size -1 where it is not fixed
 */
record Axis(String input, int index, long size) {

  /** The features of a step; as many as the layer gives. */
  static final Axis FEATURE = new Axis("", -1, -1);

  /** The directions of a layer, or the states of several layers; as many as there are parts. */
  static final Axis PARTS = new Axis("", -2, -1);
}
