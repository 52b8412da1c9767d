package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.layer.RecurrentCell.Slots;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent layer: its one or two cells over packed steps, and how their outputs become one.
 *
 * @param <S> working memory of the kernel that computes the cells
 */
public final class Recurrence<S extends Scratch> implements CompiledLayer<S> {

  private final Merge merge;
  private final boolean processingOrder;
  private final boolean repeatMasked;
  private final int outputSize;
  private final @Nullable RecurrentCell<S> forward;
  private final @Nullable RecurrentCell<S> backward;

  /** Width of what each cell gives, in the order of their states. */
  private final int[] cellSizes;

  /**
   * @param layer whose numbers are not kept here
   * @param compiler makes a cell of its numbers
   */
  Recurrence(Layer.Recurrent layer, Cell.Visitor<RecurrentCell<S>> compiler) {
    this.merge = layer.merge();
    this.processingOrder = layer.processingOrder();
    this.repeatMasked = layer.repeatMasked();
    this.outputSize = layer.outputSize();
    this.cellSizes = layer.cells().stream().mapToInt(Cell::outputSize).toArray();
    this.forward = layer.forward() == null ? null : layer.forward().accept(compiler);
    this.backward = layer.backward() == null ? null : layer.backward().accept(compiler);
  }

  /**
   * What one cell computed of a batch.
   *
   * @param outputs [batch, time, size], at the steps of the input
   * @param finalH [batch, size]
   */
  private record Pass(float[] outputs, float[] finalH, int size) {}

  @Override
  public void apply(LayerCall call, S scratch) {
    Pass ahead = pass(call, forward, cellSizes[0], false, scratch);
    Pass back = pass(call, backward, cellSizes[cellSizes.length - 1], true, scratch);
    int steps = call.input.batch() * call.time;
    if (ahead != null && back != null) {
      call.values = merge(ahead.outputs, back.outputs, ahead.size, back.size, steps);
      call.finalH = merge(ahead.finalH, back.finalH, ahead.size, back.size, call.input.batch());
    } else {
      Pass only = ahead != null ? ahead : back;
      if (only == null) {
        throw new IllegalStateException("a recurrent layer needs a cell");
      }
      call.values = processingOrder ? reversed(call, only) : only.outputs;
      call.finalH = only.finalH;
    }
    call.width = outputSize;
  }

  private @Nullable Pass pass(
      LayerCall call, @Nullable RecurrentCell<S> cell, int out, boolean isBackward, S scratch) {
    if (cell == null) {
      return null;
    }
    int slot = call.state.layout().first(call.nextCell++);
    CellTrace trace = call.traces == null ? null : call.traces.get(call.nextTrace++);
    float[] outputs =
        new float[Math.multiplyExact(Math.multiplyExact(call.input.batch(), call.time), out)];
    cell.run(
        new RecurrentCell.Run(
            PackedSteps.of(call.present, call.time, isBackward),
            call.values,
            new Slots(call.input.state().values(), slot),
            outputs,
            new Slots(call.state.values(), slot),
            trace),
        scratch);
    if (trace != null) {
      System.arraycopy(outputs, 0, trace.of("hidden"), 0, outputs.length);
    }
    if (repeatMasked) {
      repeat(call, outputs, out, isBackward);
    }
    return new Pass(outputs, call.state.values()[slot], out);
  }

  @Override
  public long bytes() {
    return (forward == null ? 0 : forward.bytes()) + (backward == null ? 0 : backward.bytes());
  }

  /** The cell that reads from the first step on. */
  public @Nullable RecurrentCell<S> forward() {
    return forward;
  }

  /** Gives each masked step the output that was computed before it. */
  private static void repeat(LayerCall call, float[] outputs, int size, boolean isBackward) {
    for (int row = 0; row < call.present.length; row++) {
      boolean[] there = call.present[row];
      for (int i = 1; i < there.length; i++) {
        int t = isBackward ? there.length - 1 - i : i;
        if (!there[t]) {
          int at = row * call.time + t;
          System.arraycopy(
              outputs, (isBackward ? at + 1 : at - 1) * size, outputs, at * size, size);
        }
      }
    }
  }

  /** Each row's outputs in the order in which they were computed. */
  private static float[] reversed(LayerCall call, Pass pass) {
    float[] reversed = new float[pass.outputs.length];
    for (int row = 0; row < call.present.length; row++) {
      int length = call.present[row].length;
      for (int t = 0; t < length; t++) {
        System.arraycopy(
            pass.outputs,
            (row * call.time + length - 1 - t) * pass.size,
            reversed,
            (row * call.time + t) * pass.size,
            pass.size);
      }
    }
    return reversed;
  }

  private float[] merge(float[] ahead, float[] back, int aheadSize, int backSize, int count) {
    if (merge == Merge.CONCAT) {
      int width = aheadSize + backSize;
      float[] both = new float[count * width];
      for (int i = 0; i < count; i++) {
        System.arraycopy(ahead, i * aheadSize, both, i * width, aheadSize);
        System.arraycopy(back, i * backSize, both, i * width + aheadSize, backSize);
      }
      return both;
    }
    float[] merged = new float[ahead.length];
    for (int i = 0; i < merged.length; i++) {
      merged[i] =
          switch (merge) {
            case SUM -> ahead[i] + back[i];
            case MUL -> ahead[i] * back[i];
            case AVE -> (ahead[i] + back[i]) / 2;
            case CONCAT -> throw new IllegalStateException("lies side by side");
          };
    }
    return merged;
  }

  @Override
  public void close() {
    if (forward != null) {
      forward.close();
    }
    if (backward != null) {
      backward.close();
    }
  }
}
