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
   * @param dimensions -1 where it is not fixed
   */
  record Input(String name, List<Long> dimensions) {}
}
