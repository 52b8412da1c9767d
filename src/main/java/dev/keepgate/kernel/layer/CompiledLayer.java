package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Layer;

/**
 * One layer with its weights where a kernel wants them.
 *
 * @param <S> the kernel's working memory
 */
public interface CompiledLayer<S extends Scratch> extends AutoCloseable {

  void apply(LayerCall call, S scratch);

  /** Bytes of the weights, on and off the heap. */
  default long bytes() {
    return 0;
  }

  /** Frees the weights. */
  @Override
  default void close() {}

  /** An embedding's table stays on the heap: looking up is copying. */
  record Lookup<S extends Scratch>(Layer.Embedding weights) implements CompiledLayer<S> {
    @Override
    public void apply(LayerCall call, S scratch) {
      int size = weights.outputSize();
      int[] ids = call.input.ids();
      float[] vectors = new float[call.input.batch() * call.time * size];
      for (int row = 0; row < call.present.length && ids != null; row++) {
        for (int t = 0; t < call.present[row].length; t++) {
          int at = row * call.time + t;
          System.arraycopy(weights.table(), ids[at] * size, vectors, at * size, size);
          call.present[row][t] = ids[at] != 0 || !weights.maskZero();
        }
      }
      call.values = vectors;
      call.width = size;
    }

    @Override
    public long bytes() {
      return (long) Float.BYTES * weights.table().length;
    }
  }

  /** Marks steps; after the last recurrent layer there is nothing left to skip. */
  record Mask<S extends Scratch>(float value) implements CompiledLayer<S> {
    @Override
    public void apply(LayerCall call, S scratch) {
      if (!call.leadsToCell()) {
        return;
      }
      for (int row = 0; row < call.present.length; row++) {
        for (int t = 0; t < call.present[row].length; t++) {
          boolean there = false;
          for (int i = 0; i < call.width; i++) {
            there |= call.values[(row * call.time + t) * call.width + i] != value;
          }
          call.present[row][t] = there;
        }
      }
    }
  }
}
