package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps rows by an unroll of one step over all of them: for kernels that have no state of their own
 * between calls.
 */
final class GatheredStepBatch implements StepBatch {

  private final CompiledModel model;
  private final Signature signature;
  private final StateLayout layout;
  private final int capacity;
  private final Scratch scratch;
  private final List<StepRow> rows = new ArrayList<>();

  /** Of {@code capacity} rows, in the order of {@code rows}. */
  private final RecurrentState state;

  GatheredStepBatch(CompiledModel model, int capacity, Scratch scratch) {
    this.model = model;
    this.signature = model.signature();
    this.layout = signature.state();
    this.capacity = capacity;
    this.scratch = scratch;
    this.state = RecurrentState.zero(layout, capacity);
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int rows() {
    return rows.size();
  }

  @Override
  public void join(StepRow row) {
    if (rows.size() == capacity) {
      throw new IllegalStateException("the batch is full");
    }
    row.state().copyRow(row.row(), state, rows.size());
    rows.add(row);
  }

  @Override
  public void step() {
    NetworkOutput output = model.unroll(gather(), false, false, scratch);
    for (int i = 0; i < rows.size(); i++) {
      StepRow row = rows.get(i);
      if (row.answersStep(0)) {
        answer(row, i, output);
      }
      output.state().copyRow(i, state, i);
      row.advance(1);
    }
  }

  private void answer(StepRow row, int at, NetworkOutput output) {
    copy(output.output(), at, row, row.into().output());
    for (int i = 1; i < output.all().size(); i++) {
      copy(output.all().get(i).values(), at, row, row.into().all().get(i).values());
    }
  }

  /** Copies the only step of a row of the batch to where its request wants it. */
  private void copy(float[] from, int at, StepRow row, float[] to) {
    int width = from.length / rows.size();
    System.arraycopy(from, at * width, to, row.outputOffset(0, width), width);
  }

  /** Of each input after the first, the rows' own parts. */
  private List<Tensor> others() {
    List<Tensor> gathered = new ArrayList<>();
    for (int other = 0; other < rows.get(0).input().others().size(); other++) {
      int index = other;
      List<Tensor> parts = new ArrayList<>();
      rows.forEach(row -> parts.add(row.input().others().get(index).rows(row.row())));
      gathered.add(Tensor.joined(parts));
    }
    return gathered;
  }

  private NetworkInput gather() {
    int batch = rows.size();
    int width = signature.inputSize();
    float[] x = signature.takesIds() ? new float[0] : new float[batch * width];
    int[] ids = signature.takesIds() ? new int[batch] : null;
    RecurrentState before = RecurrentState.zero(layout, batch);
    for (int i = 0; i < batch; i++) {
      StepRow row = rows.get(i);
      int[] from = row.input().ids();
      if (ids != null && from != null) {
        ids[i] = from[row.inputIndex()];
      } else {
        System.arraycopy(row.input().x(), row.inputIndex() * width, x, i * width, width);
      }
      state.copyRow(i, before, i);
    }
    return new NetworkInput(batch, 1, x, ids, null, before, others());
  }

  @Override
  public void leave(StepRow row) {
    int i = rows.indexOf(row);
    if (i < 0) {
      throw new IllegalArgumentException("the row is not in this batch");
    }
    state.copyRow(i, row.into().state(), row.row());
    int last = rows.size() - 1;
    state.copyRow(last, state, i);
    rows.set(i, rows.get(last));
    rows.remove(last);
  }

  @Override
  public void close() {
    rows.clear();
  }
}
