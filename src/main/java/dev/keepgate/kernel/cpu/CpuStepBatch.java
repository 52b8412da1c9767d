package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
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
  private final Block single;

  /** How many layers are the lower ones of a pipeline; 0 for none. */
  private final int lower;

  /** What they give for each block, [rows, steps, outputSize]; allocated when first used. */
  private final float[][] passedOn;

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
    this.single = new Block(0, 1, scratch);
    this.lower = lowerLayers(scratch.tuning);
    this.passedOn = new float[scratch.tuning.get(Parameter.PIPELINE_BLOCKS)][];
  }

  /** As many as have half of the weights, the last of them recurrent. */
  private int lowerLayers(KernelTuning tuning) {
    long all = cells.stream().mapToLong(cell -> cell == null ? 0 : cell.bytes()).sum();
    long below = 0;
    int best = 0;
    long unevenness = all;
    for (int i = 0; i < layers.top(); i++) {
      CpuCell cell = cells.get(i);
      below += cell == null ? 0 : cell.bytes();
      if (cell != null && Math.abs(all - 2 * below) < unevenness) {
        unevenness = Math.abs(all - 2 * below);
        best = i + 1;
      }
    }
    long smaller = (all - unevenness) / 2;
    return smaller < tuning.get(Parameter.PIPELINE_BYTES) ? 0 : best;
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
      gather(single);
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
        apply(layers.layers().get(i), below, values[i], single);
      }
      below = values[i];
    }
    answer(below, single);
    count(1);
  }

  /**
   * Steps that are taken together.
   *
   * @param index how many such blocks are between the rows' positions and it
   * @param scratch of the thread that takes them
   */
  private record Block(int index, int steps, CpuScratch scratch) {

    /** How many steps after the rows' positions it begins. */
    int ahead() {
      return index * steps;
    }
  }

  /**
   * Few rows go through a stack a few steps at a time, layer after layer: a layer's weights come
   * into the cache once for all of them, and what the layer below gave is one product. Where
   * somebody helps, lower and upper layers do so at once.
   */
  @Override
  public int advance(IdleThreads idleThreads) {
    int steps = timeBlock.steps(rows, count);
    if (steps <= 1) {
      step();
      return 1;
    }
    int most = lower == 0 ? 1 : Math.min(passedOn.length, timeBlock.blocks(rows, count, steps));
    int blocks =
        most == 1 ? 0 : new LayerPipeline(new Parts(steps)).run(most, idleThreads, scratch);
    if (blocks == 0) {
      blocks = 1;
      Block all = new Block(0, steps, scratch);
      gather(all);
      answer(take(all, 0, layers.top() + 1, x), all);
    }
    count(blocks * steps);
    return blocks * steps;
  }

  /** Lower and upper layers, for threads of their own. */
  private final class Parts implements LayerPipeline.Parts {
    private final int steps;

    Parts(int steps) {
      this.steps = steps;
    }

    @Override
    public void lower(int index, CpuScratch own) {
      Block block = new Block(index, steps, own);
      gather(block);
      take(block, 0, lower, x);
    }

    @Override
    public void upper(int index, CpuScratch own) {
      Block block = new Block(index, steps, own);
      answer(take(block, lower, layers.top() + 1, passedOn(index)), block);
    }
  }

  /** Takes a block through some layers; what the last of them gives. */
  private float[] take(Block block, int from, int to, float[] input) {
    float[] below = input;
    for (int i = from; i < to; i++) {
      CpuCell own = cells.get(i);
      Slots slots = states.get(i);
      float[] above = outputs(i, block);
      if (own != null && slots != null) {
        timeBlock.run(own, below, slots, above, block.scratch());
      } else {
        apply(layers.layers().get(i), below, above, block);
      }
      below = above;
    }
    return below;
  }

  private float[] outputs(int layer, Block block) {
    if (cells.get(layer) == null) {
      return values[layer];
    }
    return layer == lower - 1 ? passedOn(block.index()) : timeBlock.outputs(layer);
  }

  private float[] passedOn(int block) {
    if (passedOn[block] == null) {
      passedOn[block] = new float[capacity * layers.outputSize(lower - 1)];
    }
    return passedOn[block];
  }

  /** What the rows bring to a block, [rows, steps, inputSize]. */
  private void gather(Block block) {
    int width = inputSize;
    for (int row = 0; row < count && x.length > 0; row++) {
      System.arraycopy(
          rows[row].input().x(),
          (rows[row].inputIndex() + block.ahead()) * width,
          x,
          row * block.steps() * width,
          block.steps() * width);
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
  private void apply(CompiledLayer<CpuScratch> layer, float[] from, float[] to, Block block) {
    if (layer instanceof CompiledLayer.Lookup<CpuScratch> lookup) {
      look(lookup.weights(), to, block);
    } else if (layer instanceof CpuPointwise pointwise) {
      pointwise.apply(from, to, 0, count * block.steps(), block.scratch());
    } else {
      throw new IllegalStateException("no layer for rows that step: " + layer);
    }
  }

  private void look(Layer.Embedding embedding, float[] to, Block block) {
    int width = embedding.outputSize();
    for (int row = 0; row < count; row++) {
      int[] ids = rows[row].input().ids();
      for (int step = 0; step < block.steps() && ids != null; step++) {
        int id = ids[rows[row].inputIndex() + block.ahead() + step];
        copyRow(embedding.table(), id, to, row * block.steps() + step, width);
      }
    }
  }

  /** Takes the steps of a block whose output is asked for through the head. */
  private void answer(float[] top, Block block) {
    int width = top.length / capacity;
    int wanted = 0;
    for (int row = 0; row < count; row++) {
      for (int step = 0; step < block.steps(); step++) {
        if (rows[row].answersStep(block.ahead() + step)) {
          copyRow(top, row * block.steps() + step, asked, wanted++, width);
        }
      }
    }
    if (wanted > 0) {
      answerAsked(wanted, block);
    }
  }

  private void answerAsked(int wanted, Block block) {
    float[] below = asked;
    for (int i = layers.top() + 1; i < values.length; i++) {
      if (!(layers.layers().get(i) instanceof CpuPointwise pointwise)) {
        throw new IllegalStateException("no layer for a head: " + layers.layers().get(i));
      }
      pointwise.apply(below, values[i], 0, wanted, block.scratch());
      below = values[i];
    }
    int next = 0;
    for (int row = 0; row < count; row++) {
      for (int step = 0; step < block.steps(); step++) {
        int ahead = block.ahead() + step;
        if (rows[row].answersStep(ahead)) {
          System.arraycopy(
              below,
              next++ * outputSize,
              rows[row].into().output(),
              rows[row].outputOffset(ahead, outputSize),
              outputSize);
        }
      }
    }
  }

  private void count(int steps) {
    for (int row = 0; row < count; row++) {
      rows[row].advance(steps);
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
