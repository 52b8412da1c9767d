package dev.keepgate.importer.framework.onnx;

import java.util.List;
import java.util.Map;

/**
 * What an ONNX file holds.
 *
 * @param operators version of the standard operators
 * @param nodes in the file's order
 * @param constants the initializers by name
 * @param inputs what a caller gives, constants among them in old files
 * @param outputs names of what a caller gets
 */
record OnnxGraph(
    long operators,
    List<OnnxNode> nodes,
    Map<String, OnnxTensor> constants,
    List<Input> inputs,
    List<String> outputs) {

  /**
   * A value that a caller gives.
   *
   * @param type of its numbers, as TensorProto counts them; 0 where the file does not say
   */
  record Input(String name, int type, List<Dimension> dimensions) {

    /** Whether its numbers are integers. */
    boolean isWhole() {
      return type >= 2 && type <= 7;
    }
  }

  /**
   * A dimension of what a caller gives.
   *
   * @param size -1 where it is not fixed
   * @param symbol what the file calls it; empty where it does not
   */
  record Dimension(long size, String symbol) {}
}
