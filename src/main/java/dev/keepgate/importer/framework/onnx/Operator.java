package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.util.List;

/** What an ONNX operator does to what is known of its inputs. */
interface Operator {

  /**
   * The node's outputs, in order; fewer than it has where the others are never known.
   *
   * @throws ImportException if the node does what no model of ours does
   */
  List<? extends Value> apply(OperatorCall call) throws IOException, ImportException;
}
