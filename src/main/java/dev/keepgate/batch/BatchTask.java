package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A request from its submission to its result. Its rows may be with several workers at once. */
public final class BatchTask implements QueueEntry {

  private static final long NOT_BEGUN = Long.MIN_VALUE;

  private final CompiledModel model;
  private final NetworkInput input;
  private final boolean returnSequences;
  private final boolean trace;
  private final TaskOwner owner;
  private final long queuedAt;
  private final boolean steps;
  private final Feedback feedback;
  private final CompletableFuture<BatchResult> result = new CompletableFuture<>();

  /** Pieces of work that a worker may still touch: rows, or the whole. */
  private final AtomicInteger pieces;

  /** Rows that have a slot. Guarded by the lock of the queues. */
  private int slots;

  /** Where the rows write, from the beginning on; null where the task is computed as a whole. */
  private @Nullable NetworkOutput into;

  /** Written once, under the lock of the queues. */
  private volatile long begunAt = NOT_BEGUN;

  /**
   * @param model what computes it; it stays open until the owner is told of the end
   * @param returnSequences whether to answer every step
   * @param trace whether to answer the gates as well
   * @param queuedAt {@link System#nanoTime()} now
   */
  BatchTask(
      CompiledModel model,
      NetworkInput input,
      boolean returnSequences,
      boolean trace,
      TaskOwner owner,
      long queuedAt) {
    this.model = model;
    this.input = input;
    this.returnSequences = returnSequences;
    this.trace = trace;
    this.owner = owner;
    this.queuedAt = queuedAt;
    this.feedback = owner.feedback();
    this.steps = goesByStep(model.signature(), input, trace);
    if (feedback != Feedback.NONE && !steps) {
      throw new IllegalArgumentException("only rows that step go on by it");
    }
    this.pieces = new AtomicInteger(steps ? input.batch() : 1);
  }

  /**
   * Whether rows can go a step at a time. Gates are traced, masks carried over and backward layers
   * run only by an unroll of the whole; graphs compute many steps of one sequence faster so.
   *
   * @param trace whether gates are traced
   */
  public static boolean goesByStep(Signature signature, NetworkInput input, boolean trace) {
    boolean emptyRow =
        input.time() == 0
            || (input.lengths() != null && Arrays.stream(input.lengths()).anyMatch(n -> n == 0));
    return signature.isCausal()
        && !signature.masksSteps()
        && !trace
        && !emptyRow
        && input.batch() > 0
        && (signature.inside().isChain() || input.time() == 1);
  }

  CompiledModel model() {
    return model;
  }

  NetworkInput input() {
    return input;
  }

  boolean returnSequences() {
    return returnSequences;
  }

  boolean trace() {
    return trace;
  }

  TaskOwner owner() {
    return owner;
  }

  Feedback feedback() {
    return feedback;
  }

  /** Makes a row's next input of what it gave last. */
  void feed(StepRow row) {
    int last = row.outputOffset(-1, model.signature().outputSize());
    feedback.feed(input, row.row(), row.position(), output().output(), last);
  }

  public CompletableFuture<BatchResult> result() {
    return result;
  }

  long queuedAt() {
    return queuedAt;
  }

  /** Whether it is computed row by row, a step at a time. */
  boolean steps() {
    return steps;
  }

  /** Rows that have no slot yet; 1 for a task that is computed as a whole. */
  @Override
  public int rows() {
    return steps ? input.batch() - slots : 1;
  }

  @Override
  public BatchTask task() {
    return this;
  }

  @Override
  public boolean alone() {
    return false;
  }

  boolean isBegun() {
    return begunAt != NOT_BEGUN;
  }

  /**
   * A worker takes up its first piece, if the memory of its outputs is free.
   *
   * @param free run once that memory is free
   * @return whether it has begun
   */
  boolean begin(long now, Runnable free) {
    if (!isBegun()) {
      if (!owner.tryTakeOutputs(free)) {
        return false;
      }
      into = steps ? newOutput() : null;
      begunAt = now;
    }
    return true;
  }

  private NetworkOutput newOutput() {
    Signature signature = model.signature();
    RecurrentState state = RecurrentState.zero(signature.state(), input.batch());
    if (!signature.inside().isChain()) {
      List<Tensor.Floats> all = new ArrayList<>();
      for (Signature.Output output : signature.outputs()) {
        int[] sizes = output.sizes(input.batch(), input.time(), returnSequences);
        all.add(new Tensor.Floats(sizes, new float[Math.toIntExact(Tensor.count(sizes))]));
      }
      return new NetworkOutput(all.get(0).values(), state, null, all);
    }
    int outputs = returnSequences ? input.batch() * input.time() : input.batch();
    return new NetworkOutput(
        new float[Math.multiplyExact(outputs, signature.outputSize())], state, null);
  }

  /** Its next row that has no slot, before its first step. */
  BatchSlot nextSlot() {
    return new BatchSlot(this, slots++, output(), false);
  }

  private NetworkOutput output() {
    NetworkOutput output = into;
    if (output == null) {
      throw new IllegalStateException("the task has not begun, or is computed as a whole");
    }
    return output;
  }

  /** Whether nobody waits for the answer any more: cancelled, failed, or past its deadline. */
  boolean isOver(long now) {
    OptionalLong deadline = owner.deadline();
    if (deadline.isPresent() && now - deadline.getAsLong() > 0 && !result.isDone()) {
      result.completeExceptionally(new TaskExpiredException());
    }
    return result.isDone();
  }

  void fail(Throwable cause) {
    result.completeExceptionally(cause);
  }

  /**
   * Tells whoever follows the request's steps.
   *
   * @param steps how many the row has taken since
   */
  void stepped(StepRow row, int steps) {
    if (owner.listener() == StepListener.NONE || !model.signature().inside().isChain()) {
      return;
    }
    int width = model.signature().outputSize();
    for (int step = row.position() - steps; step < row.position(); step++) {
      int at = returnSequences ? row.row() * input.time() + step : row.row();
      owner.listener().stepped(row.row(), step, output().output(), at * width);
    }
  }

  /** No worker will touch so many pieces of it again; the last one answers. */
  void piecesDone(int count, long now) {
    if (count > 0 && pieces.addAndGet(-count) == 0) {
      NetworkOutput output = into;
      if (output != null) {
        complete(output, now);
      }
      owner.finished();
    }
  }

  void complete(NetworkOutput output, long now) {
    long begun = isBegun() ? begunAt : now;
    result.complete(
        new BatchResult(output, Duration.ofNanos(begun - queuedAt), Duration.ofNanos(now - begun)));
  }
}
