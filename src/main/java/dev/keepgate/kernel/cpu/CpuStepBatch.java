package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.layer.CompiledLayer;
import dev.keepgate.kernel.layer.LayerStack;
import dev.keepgate.kernel.layer.Recurrence;
import dev.keepgate.kernel.layer.RecurrentCell.Slots;
import dev.keepgate.model.Layer;
import dev.keepgate.model.RecurrentState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that step together through a causal model without masks. Their state lies row by row in
 * arrays that products and gates take as they are; who leaves makes room for the last row. A step
 * allocates nothing.
 */
final class CpuStepBatch implements StepBatch {

  private final LayerStack<CpuScratch> layers;
  private final int capacity;
  private final int inputSize;
  private final int outputSize;
  private final CpuScratch scratch;
  private final StepRow[] rows;
  private int count;

  /** The cell of each layer; null where a layer is not recurrent. */
  private final List<@Nullable CpuCell> cells = new ArrayList<>();

  /** Of {@code capacity} rows. */
  private final RecurrentState state;

  /** The slots of each layer's cell, [capacity, width] each. */
  private final List<@Nullable Slots> states = new ArrayList<>();

  /** [capacity, inputSize]: what the rows bring to this step. */
  private final float[] x;

  /** A layer's [capacity, outputSize]; a recurrent layer's is its h. */
  private final float[][] values;

  /**
   * [capacity, width of the last recurrent layer]: h of the rows that are asked for their output.
   */
  private final float[] asked;

  private final @Nullable PrecomputedInputs precomputed;
  private final TimeBlock timeBlock;

  CpuStepBatch(LayerStack<CpuScratch> layers, int capacity, CpuScratch scratch) {
    this.layers = layers;
    this.capacity = capacity;
    this.outputSize = layers.signature().outputSize();
    this.scratch = scratch;
    this.rows = new StepRow[capacity];
    this.state = RecurrentState.zero(layers.signature().state(), capacity);
    this.inputSize = layers.signature().inputSize();
    this.x = new float[layers.signature().takesIds() ? 0 : capacity * inputSize];
    this.values = new float[layers.layers().size()][];
    int cell = 0;
    for (int i = 0; i < values.length; i++) {
      CpuCell own = cellOf(layers.layers().get(i));
      cells.add(own);
      Slots slots =
          own == null ? null : new Slots(state.values(), layers.signature().state().first(cell++));
      states.add(slots);
      values[i] = slots == null ? new float[capacity * layers.outputSize(i)] : slots.get(0);
    }
    this.asked = new float[values[layers.top()].length];
    CpuCell first = cells.get(0);
    this.precomputed = first == null ? null : PrecomputedInputs.of(first, capacity, scratch);
    this.timeBlock = new TimeBlock(cells, capacity, scratch.tuning);
  }

  private static @Nullable CpuCell cellOf(CompiledLayer<CpuScratch> layer) {
    return layer instanceof Recurrence<CpuScratch> recurrence
            && recurrence.forward() instanceof CpuCell cell
        ? cell
        : null;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int rows() {
    return count;
  }

  @Override
  public void join(StepRow row) {
    if (count == capacity) {
      throw new IllegalStateException("the batch is full");
    }
    row.state().copyRow(row.row(), state, count);
    if (precomputed != null) {
      precomputed.forget(count);
    }
    rows[count++] = row;
  }

  @Override
  public void leave(StepRow row) {
    int at = 0;
    while (at < count && rows[at] != row) {
      at++;
    }
    if (at == count) {
      throw new IllegalArgumentException("the row is not in this batch");
    }
    state.copyRow(at, row.into().state(), row.row());
    count--;
    state.copyRow(count, state, at);
    if (precomputed != null) {
      precomputed.move(count, at);
    }
    rows[at] = rows[count];
  }

  private static void copyRow(float[] from, int fromRow, float[] to, int toRow, int width) {
    System.arraycopy(from, fromRow * width, to, toRow * width, width);
  }

  @Override
  public void step() {
    if (count == 0) {
      return;
    }
    scratch.turn();
    boolean arePrecomputed = precomputed != null && precomputed.prepare(rows, count);
    if (!arePrecomputed) {
      gather(1);
    }
    float[] below = x;
    for (int i = 0; i <= layers.top(); i++) {
      CpuCell own = cells.get(i);
      Slots slots = states.get(i);
      if (own != null && slots != null) {
        if (arePrecomputed && i == 0) {
          own.addRecurrent(scratch, values[i], count, 0);
        } else {
          multiply(own, below, values[i]);
        }
        own.advance(scratch, 0, count, slots);
      } else {
        apply(layers.layers().get(i), below, values[i], 1);
      }
      below = values[i];
    }
    finish(below, 1);
  }

  /**
   * Few rows go through a stack a few steps at a time, layer after layer: a layer's weights come
   * into the cache once for all of them, and what the layer below gave is one product.
   */
  @Override
  public int advance() {
    int steps = timeBlock.steps(rows, count);
    if (steps <= 1) {
      step();
      return 1;
    }
    gather(steps);
    float[] below = x;
    for (int i = 0; i <= layers.top(); i++) {
      CpuCell own = cells.get(i);
      Slots slots = states.get(i);
      float[] above = own == null ? values[i] : timeBlock.outputs(i);
      if (own != null && slots != null) {
        timeBlock.run(own, below, slots, above, scratch);
      } else {
        apply(layers.layers().get(i), below, above, steps);
      }
      below = above;
    }
    finish(below, steps);
    return steps;
  }

  /** What the rows bring to so many steps, [rows, steps, inputSize]. */
  private void gather(int steps) {
    int width = inputSize;
    for (int row = 0; row < count && x.length > 0; row++) {
      System.arraycopy(
          rows[row].input().x(),
          rows[row].inputIndex() * width,
          x,
          row * steps * width,
          steps * width);
    }
  }

  /** PreActivations = [x, 1, h] W. */
  private void multiply(CpuCell cell, float[] below, float[] cellH) {
    int width = cell.inputSize();
    cell.ensure(scratch, count);
    for (int row = 0; row < count; row++) {
      cell.stageFused(scratch, row, below, row * width, cellH);
    }
    cell.multiplyFused(scratch, count);
  }

  /** Takes [rows, steps] through a layer that is not recurrent. */
  private void apply(CompiledLayer<CpuScratch> layer, float[] from, float[] to, int steps) {
    if (layer instanceof CompiledLayer.Lookup<CpuScratch> lookup) {
      look(lookup.weights(), to, steps);
    } else if (layer instanceof CpuPointwise pointwise) {
      pointwise.apply(from, to, 0, count * steps, scratch);
    } else {
      throw new IllegalStateException("no layer for rows that step: " + layer);
    }
  }

  private void look(Layer.Embedding embedding, float[] to, int steps) {
    int width = embedding.outputSize();
    for (int row = 0; row < count; row++) {
      int[] ids = rows[row].input().ids();
      for (int step = 0; step < steps && ids != null; step++) {
        int id = ids[rows[row].inputIndex() + step];
        copyRow(embedding.table(), id, to, row * steps + step, width);
      }
    }
  }

  /** Takes the steps whose output is asked for through the head, and counts all as taken. */
  private void finish(float[] top, int steps) {
    int width = top.length / capacity;
    int wanted = 0;
    for (int row = 0; row < count; row++) {
      for (int step = 0; step < steps; step++) {
        if (rows[row].answersStep(step)) {
          copyRow(top, row * steps + step, asked, wanted++, width);
        }
      }
    }
    if (wanted > 0) {
      answer(wanted, steps);
    }
    for (int row = 0; row < count; row++) {
      rows[row].advance(steps);
    }
  }

  private void answer(int wanted, int steps) {
    float[] below = asked;
    for (int i = layers.top() + 1; i < values.length; i++) {
      if (!(layers.layers().get(i) instanceof CpuPointwise pointwise)) {
        throw new IllegalStateException("no layer for a head: " + layers.layers().get(i));
      }
      pointwise.apply(below, values[i], 0, wanted, scratch);
      below = values[i];
    }
    int next = 0;
    for (int row = 0; row < count; row++) {
      for (int step = 0; step < steps; step++) {
        if (rows[row].answersStep(step)) {
          System.arraycopy(
              below,
              next++ * outputSize,
              rows[row].into().output(),
              rows[row].outputOffset(step, outputSize),
              outputSize);
        }
      }
    }
  }

  @Override
  public void close() {
    count = 0;
    if (precomputed != null) {
      precomputed.close();
    }
  }
}
