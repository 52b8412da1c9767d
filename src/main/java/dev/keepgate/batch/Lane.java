package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.model.LstmOutput;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's work: it keeps a batch of one model's rows and takes them on a step at a time,
 * letting rows join and leave between the steps, until another model has waited for longer.
 */
final class Lane implements AutoCloseable {

  /** Steps after which the rows of a full batch make room for those that wait. */
  private static final int TURN_STEPS = 32;

  private final BatchQueues queues;
  private final BatchProperties properties;
  private final BatchListener listener;
  private final Scratch scratch;

  private final List<Seat> seats = new ArrayList<>();
  private final Deque<Seat> arrivals = new ArrayDeque<>();
  private @Nullable BatchQueue queue;
  private @Nullable StepBatch batch;
  private @Nullable CompiledModel batchModel;
  private long sliceEnd;
  private long uncharged;
  private int stepsOfTurn;

  Lane(LstmKernel kernel, BatchQueues queues, BatchProperties properties, BatchListener listener) {
    this.queues = queues;
    this.properties = properties;
    this.listener = listener;
    this.scratch = kernel.newScratch();
  }

  /**
   * Takes the batch a step on, or computes one request as a whole.
   *
   * @return whether there was anything to do
   */
  boolean turn() {
    BatchQueue serving = serve();
    if (serving == null) {
      return false;
    }
    if (serving.whole()) {
      computeWhole(serving);
    } else {
      takeStep(serving);
    }
    return true;
  }

  /** The queue it serves: the one it has for a time slice, then whoever has had the least. */
  private @Nullable BatchQueue serve() {
    BatchQueue serving = queue;
    long now = queues.now();
    if (serving != null && now - sliceEnd < 0) {
      return serving;
    }
    if (serving != null && queues.shouldYield(serving)) {
      release(serving);
    }
    if (queue == null) {
      queue = queues.attach();
    }
    sliceEnd = now + properties.timeSlice().toNanos();
    return queue;
  }

  private void computeWhole(BatchQueue serving) {
    // The call may use all of the scratch.
    closeBatch();
    Submission submission = queues.takeRequest(serving);
    if (submission != null) {
      long begun = queues.now();
      compute(submission, begun);
      uncharged = queues.now() - begun;
    }
    release(serving);
  }

  /** One request's failure is its own: the lane goes on, whatever the kernel throws. */
  private void compute(Submission submission, long now) {
    try {
      if (!submission.isOver(now)) {
        BatchTask task = submission.task();
        listener.unrolling(task.model(), task.input().batch());
        LstmOutput output =
            task.model().unroll(task.input(), task.returnSequences(), task.trace(), scratch);
        submission.complete(output, queues.now());
      }
    } catch (Throwable e) {
      submission.fail(e);
    } finally {
      submission.pieceDone(queues.now());
    }
  }

  private void takeStep(BatchQueue serving) {
    long begun = queues.now();
    try {
      makeRoom(serving);
      admit(serving, begun);
      if (!seats.isEmpty()) {
        StepBatch rows = batchOf(serving.model());
        int steps = rows.advance();
        dismiss(rows, steps);
      }
    } catch (Throwable e) {
      recover(serving, e);
    }
    uncharged = queues.now() - begun;
    if (seats.isEmpty() && queues.size(serving) == 0) {
      release(serving);
    }
  }

  private void admit(BatchQueue serving, long now) {
    boolean closedToOthers = !seats.isEmpty() && seats.get(0).alone();
    int room = closedToOthers ? 0 : properties.maxBatchRows() - seats.size();
    queues.take(serving, uncharged, room, seats.size(), arrivals);
    uncharged = 0;
    for (Seat seat = arrivals.peek(); seat != null; seat = arrivals.peek()) {
      if (seat.submission().isOver(now)) {
        arrivals.remove();
        seat.submission().pieceDone(now);
      } else {
        batchOf(serving.model()).join(seat.row());
        seats.add(arrivals.remove());
      }
    }
    if (!seats.isEmpty()) {
      listener.stepping(serving.model(), seats.size());
    }
  }

  /** Lets those go that are at their end or that nobody waits for. */
  private void dismiss(StepBatch rows, int steps) {
    long now = queues.now();
    for (int i = seats.size() - 1; i >= 0; i--) {
      Seat seat = seats.get(i);
      seat.submission().stepped(seat.row(), steps);
      if (seat.row().isFinished() || seat.submission().isOver(now)) {
        rows.leave(seat.row());
        unseat(i);
        seat.submission().pieceDone(now);
      }
    }
  }

  /** Where rows wait before a full batch, as many that have had their turn go behind them. */
  private void makeRoom(BatchQueue serving) {
    StepBatch rows = batch;
    stepsOfTurn++;
    if (rows == null || seats.size() < properties.maxBatchRows() || stepsOfTurn < TURN_STEPS) {
      return;
    }
    stepsOfTurn = 0;
    List<Seat> leaving = seats.subList(0, Math.min(queues.size(serving), seats.size()));
    leaving.forEach(seat -> rows.leave(seat.row()));
    queues.requeue(serving, List.copyOf(leaving));
    leaving.clear();
  }

  /** After a failure: a row that was alone is to blame; of several, each starts over alone. */
  private void recover(BatchQueue serving, Throwable cause) {
    closeBatch();
    seats.addAll(arrivals);
    arrivals.clear();
    long now = queues.now();
    boolean blamed = seats.size() == 1;
    List<Seat> restarted = new ArrayList<>();
    for (Seat seat : seats) {
      if (blamed) {
        seat.submission().fail(cause);
      }
      if (seat.submission().isOver(now)) {
        seat.submission().pieceDone(now);
      } else {
        restarted.add(seat.restartAlone());
      }
    }
    seats.clear();
    queues.requeue(serving, restarted);
  }

  /** Stops serving a queue; rows that are under way go back to it. */
  private void release(BatchQueue serving) {
    StepBatch rows = batch;
    if (rows != null) {
      seats.forEach(seat -> rows.leave(seat.row()));
    }
    queues.detach(serving, uncharged, List.copyOf(seats));
    uncharged = 0;
    seats.clear();
    queue = null;
  }

  private void unseat(int index) {
    int last = seats.size() - 1;
    seats.set(index, seats.get(last));
    seats.remove(last);
  }

  /** The batch of a model; kept from one to the next, as most lanes serve one model for long. */
  private StepBatch batchOf(CompiledModel model) {
    StepBatch rows = batch;
    if (rows == null || batchModel != model) {
      closeBatch();
      rows = model.newStepBatch(properties.maxBatchRows(), scratch);
      batch = rows;
      batchModel = model;
    }
    return rows;
  }

  private void closeBatch() {
    StepBatch rows = batch;
    batch = null;
    batchModel = null;
    if (rows != null) {
      rows.close();
    }
  }

  /** Gives its rows back to their queue, and frees its memory. */
  @Override
  public void close() {
    BatchQueue serving = queue;
    if (serving != null) {
      release(serving);
    }
    closeBatch();
    scratch.close();
  }
}
