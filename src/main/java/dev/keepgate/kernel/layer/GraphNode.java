package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.TensorOperation;
import java.util.List;

/**
 * A node with its weights where a kernel wants them.
 *
 * @param <S> the kernel's working memory
 */
interface GraphNode<S extends Scratch> extends AutoCloseable {

  /** Takes what its inputs gave from the call, and puts there what it gives. */
  void apply(GraphCall call, S scratch);

  /** Bytes of the weights, on and off the heap. */
  default long bytes() {
    return 0;
  }

  /** Frees the weights. */
  @Override
  default void close() {}

  /** What has no product of matrices. */
  record Function<S extends Scratch>(Node node, TensorOperation operation) implements GraphNode<S> {
    @Override
    public void apply(GraphCall call, S scratch) {
      List<Value> inputs = node.inputs().stream().map(call::get).toList();
      call.put(node.name(), TensorFunctions.apply(operation, inputs));
    }

    @Override
    public long bytes() {
      return operation.parameters() * Float.BYTES;
    }
  }
}
