package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;

/**
 * Lays layers out for a kernel. Kernels differ in their cells, and in what works on each step
 * alone.
 *
 * @param <S> the kernel's working memory
 */
public abstract class LayerCompiler<S extends Scratch> implements Layer.Visitor<CompiledLayer<S>> {

  private final Cell.Visitor<RecurrentCell<S>> cells;

  /**
   * @param cells lays a cell out
   */
  protected LayerCompiler(Cell.Visitor<RecurrentCell<S>> cells) {
    this.cells = cells;
  }

  @Override
  public CompiledLayer<S> embedding(Layer.Embedding layer) {
    return new CompiledLayer.Lookup<>(layer);
  }

  @Override
  public CompiledLayer<S> masking(Layer.Masking layer) {
    return new CompiledLayer.Mask<>(layer.value());
  }

  @Override
  public CompiledLayer<S> recurrent(Layer.Recurrent layer) {
    return new Recurrence<>(layer, cells);
  }
}
