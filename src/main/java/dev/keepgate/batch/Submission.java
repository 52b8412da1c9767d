package dev.keepgate.batch;

import dev.keepgate.kernel.StepRow;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.LstmState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A request from its submission to its answer. Its rows may be on several lanes at once. */
final class Submission {

  private static final long NOT_BEGUN = Long.MIN_VALUE;

  private final BatchTask task;
  private final long queuedAt;
  private final boolean steps;
  private final CompletableFuture<BatchResult> result = new CompletableFuture<>();

  /** Pieces of work that a lane may still touch: rows, or the whole. */
  private final AtomicInteger pieces;

  /** Where the rows write; null where the request is computed as a whole. */
  private final @Nullable LstmOutput into;

  /** Written once, under the lock of the queues. */
  private volatile long begunAt = NOT_BEGUN;

  Submission(BatchTask task, long queuedAt) {
    this.task = task;
    this.queuedAt = queuedAt;
    this.steps = goesByStep(task);
    this.into = steps ? room(task) : null;
    this.pieces = new AtomicInteger(steps ? task.input().batch() : 1);
  }

  /**
   * Whether rows can go a step at a time. Gates are traced, masks carried over and backward layers
   * run only by an unroll of the whole.
   */
  private static boolean goesByStep(BatchTask task) {
    LstmConfig config = task.model().config();
    LstmInput input = task.input();
    boolean emptyRow =
        input.time() == 0
            || (input.lengths() != null && Arrays.stream(input.lengths()).anyMatch(n -> n == 0));
    return config.isCausal()
        && !config.masksSteps()
        && !task.trace()
        && !emptyRow
        && input.batch() > 0;
  }

  private static LstmOutput room(BatchTask task) {
    LstmInput input = task.input();
    LstmConfig config = task.model().config();
    int outputs = task.returnSequences() ? input.batch() * input.time() : input.batch();
    return new LstmOutput(
        new float[Math.multiplyExact(outputs, config.outputSize())],
        LstmState.zero(config, input.batch()),
        null);
  }

  BatchTask task() {
    return task;
  }

  CompletableFuture<BatchResult> result() {
    return result;
  }

  long queuedAt() {
    return queuedAt;
  }

  /** Whether it is computed row by row, a step at a time. */
  boolean steps() {
    return steps;
  }

  /** Its rows, before their first step. */
  List<Seat> seats() {
    if (into == null) {
      throw new IllegalStateException("the request is computed as a whole");
    }
    List<Seat> seats = new ArrayList<>(task.input().batch());
    for (int i = 0; i < task.input().batch(); i++) {
      StepRow row = new StepRow(task.input(), i, into, task.returnSequences());
      seats.add(new Seat(this, row, false));
    }
    return seats;
  }

  /** A lane takes up a piece of it; whether it is the first. */
  boolean begin(long now) {
    boolean first = begunAt == NOT_BEGUN;
    if (first) {
      begunAt = now;
    }
    return first;
  }

  /** Whether nobody waits for the answer any more: cancelled, failed, or past its deadline. */
  boolean isOver(long now) {
    if (!result.isDone() && task.isLate(now)) {
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
    if (task.steps() == StepListener.NONE || into == null) {
      return;
    }
    int width = task.model().config().outputSize();
    for (int step = row.position() - steps; step < row.position(); step++) {
      int at = task.returnSequences() ? row.row() * task.input().time() + step : row.row();
      task.steps().stepped(row.row(), step, into.output(), at * width);
    }
  }

  /** No lane will touch a piece of it again; the last one answers. */
  void pieceDone(long now) {
    if (pieces.decrementAndGet() == 0) {
      if (into != null) {
        complete(into, now);
      }
      task.finished().run();
    }
  }

  void complete(LstmOutput output, long now) {
    long begun = begunAt == NOT_BEGUN ? now : begunAt;
    result.complete(
        new BatchResult(output, Duration.ofNanos(begun - queuedAt), Duration.ofNanos(now - begun)));
  }
}
