package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.NetworkOutput;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread's work: it keeps a batch of one model's rows and takes them on a step at a time,
 * letting rows join and leave between the steps, until another model has waited for longer.
 */
final class BatchWorker implements AutoCloseable {

  /** Steps after which the rows of a full batch make room for those that wait. */
  private static final int TURN_STEPS = 32;

  private final BatchQueues queues;
  private final BatchProperties properties;
  private final Listeners<BatchListener> listeners;
  private final Scratch scratch;
  private final IdleThreads others = new Others();

  private final List<BatchSlot> slots = new ArrayList<>();
  private final Deque<BatchSlot> arrivals = new ArrayDeque<>();
  private @Nullable BatchQueue queue;
  private @Nullable StepBatch batch;
  private @Nullable CompiledModel batchModel;
  private long sliceEnd;
  private long uncharged;
  private int stepsOfTurn;

  BatchWorker(
      LstmKernel kernel,
      BatchQueues queues,
      BatchProperties properties,
      Listeners<BatchListener> listeners) {
    this.queues = queues;
    this.properties = properties;
    this.listeners = listeners;
    this.scratch = kernel.newScratch();
  }

  /**
   * Takes the batch a step on, or computes one task as a whole.
   *
   * @return whether there was anything to do
   */
  boolean runOnce() {
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

  /**
   * Computes one task for the thread that has it, with whatever of its model comes meanwhile; then
   * what is unfinished goes back.
   *
   * @param lone the queue that has nothing but the task
   */
  void run(BatchQueue lone, BatchTask task) {
    queue = lone;
    while (queue != null && !task.result().isDone() && !queues.isClosed()) {
      if (lone.whole()) {
        computeWhole(lone);
      } else {
        takeStep(lone);
      }
    }
    if (queue != null) {
      release(lone);
    }
  }

  /** The queue it serves: the one it has for a time slice, then whoever has had the least. */
  private @Nullable BatchQueue serve() {
    BatchQueue serving = queue;
    long now = queues.now();
    if (serving != null && !serving.background() && now - sliceEnd < 0) {
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
    BatchTask task = queues.takeTask(serving);
    if (task != null) {
      long begun = queues.now();
      compute(task, begun);
      uncharged = queues.now() - begun;
    }
    release(serving);
  }

  /** One task's failure is its own: the worker goes on, whatever the kernel throws. */
  private void compute(BatchTask task, long now) {
    try {
      if (!task.isOver(now)) {
        int rows = task.input().batch();
        listeners.tell(listener -> listener.unrolling(rows));
        task.owner().executed();
        NetworkOutput output =
            task.model().unroll(task.input(), task.returnSequences(), task.trace(), scratch);
        task.complete(output, queues.now());
      }
    } catch (Throwable e) {
      task.fail(e);
    } finally {
      task.piecesDone(1, queues.now());
    }
  }

  private void takeStep(BatchQueue serving) {
    long begun = queues.now();
    try {
      makeRoom(serving);
      admit(serving, begun);
      if (!slots.isEmpty()) {
        StepBatch rows = batchOf(serving.model());
        int steps = rows.advance(idleThreads(serving));
        dismiss(rows, steps);
      }
    } catch (Throwable e) {
      recover(serving, e);
    }
    uncharged = queues.now() - begun;
    if (slots.isEmpty() && queues.detachIfIdle(serving, uncharged)) {
      uncharged = 0;
      queue = null;
    }
  }

  /** Who follows a request's steps is not to wait for many of them. */
  private IdleThreads idleThreads(BatchQueue serving) {
    boolean isFollowed =
        slots.stream().anyMatch(slot -> slot.task().owner().listener() != StepListener.NONE);
    return serving.background() || isFollowed ? IdleThreads.NONE : others;
  }

  /** Does a part of what another worker computes, if it is asked to. */
  void assist() {
    BatchQueues.Assignment part = queues.takeAssignment();
    if (part == null) {
      return;
    }
    // It may use all of the scratch.
    closeBatch();
    long begun = queues.now();
    part.work().accept(scratch);
    queues.charge(part.queue(), queues.now() - begun);
  }

  /** The workers that have nothing to do while this one computes. */
  private final class Others implements IdleThreads {

    @Override
    public boolean offer(Consumer<Scratch> work) {
      BatchQueue serving = queue;
      return serving != null && queues.assign(new BatchQueues.Assignment(serving, work));
    }

    @Override
    public boolean areWanted() {
      return queues.isAnythingReady();
    }
  }

  private void admit(BatchQueue serving, long now) {
    boolean closedToOthers = !slots.isEmpty() && slots.get(0).alone();
    int room = closedToOthers ? 0 : properties.maxBatchRows() - slots.size();
    queues.take(serving, uncharged, room, slots.size(), arrivals);
    uncharged = 0;
    for (BatchSlot slot = arrivals.peek(); slot != null; slot = arrivals.peek()) {
      if (slot.task().isOver(now)) {
        arrivals.remove();
        slot.task().piecesDone(1, now);
      } else {
        batchOf(serving.model()).join(slot);
        slots.add(arrivals.remove());
      }
    }
    if (!slots.isEmpty()) {
      int rows = slots.size();
      listeners.tell(listener -> listener.stepping(rows));
      slots.get(0).task().owner().executed();
    }
  }

  /** Lets those go that are at their end or that nobody waits for. */
  private void dismiss(StepBatch rows, int steps) {
    long now = queues.now();
    for (int i = slots.size() - 1; i >= 0; i--) {
      BatchSlot slot = slots.get(i);
      slot.task().stepped(slot, steps);
      if (slot.lacksInput()) {
        slot.feed();
      }
      if (slot.isFinished() || slot.task().isOver(now)) {
        rows.leave(slot);
        unseat(i);
        slot.task().piecesDone(1, now);
      }
    }
  }

  /** Where rows wait before a full batch, as many that have had their turn go behind them. */
  private void makeRoom(BatchQueue serving) {
    StepBatch rows = batch;
    stepsOfTurn++;
    if (rows == null || slots.size() < properties.maxBatchRows() || stepsOfTurn < TURN_STEPS) {
      return;
    }
    stepsOfTurn = 0;
    List<BatchSlot> leaving = slots.subList(0, Math.min(queues.size(serving), slots.size()));
    leaving.forEach(rows::leave);
    queues.requeue(serving, List.copyOf(leaving));
    leaving.clear();
  }

  /** After a failure: a row that was alone is to blame; of several, each starts over alone. */
  private void recover(BatchQueue serving, Throwable cause) {
    closeBatch();
    slots.addAll(arrivals);
    arrivals.clear();
    long now = queues.now();
    boolean blamed = slots.size() == 1;
    List<BatchSlot> restarted = new ArrayList<>();
    for (BatchSlot slot : slots) {
      if (blamed) {
        slot.task().fail(cause);
      }
      if (slot.task().isOver(now)) {
        slot.task().piecesDone(1, now);
      } else {
        restarted.add(slot.restartAlone());
      }
    }
    slots.clear();
    queues.requeue(serving, restarted);
  }

  /** Stops serving a queue; rows that are under way go back to it. */
  private void release(BatchQueue serving) {
    StepBatch rows = batch;
    if (rows != null) {
      slots.forEach(rows::leave);
    }
    queues.detach(serving, uncharged, List.copyOf(slots));
    uncharged = 0;
    slots.clear();
    queue = null;
  }

  private void unseat(int index) {
    int last = slots.size() - 1;
    slots.set(index, slots.get(last));
    slots.remove(last);
  }

  /** The batch of a model; kept from one to the next, as most workers serve one model for long. */
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

  /**
   * Ends it after a failure that it could not recover from: its rows fail, and its queue is free
   * for others.
   */
  void abandon(Throwable cause) {
    closeBatch();
    List<BatchSlot> lost = new ArrayList<>(slots);
    lost.addAll(arrivals);
    slots.clear();
    arrivals.clear();
    BatchQueue serving = queue;
    queue = null;
    if (serving != null) {
      queues.detach(serving, 0, List.of());
    }
    long now = queues.now();
    for (BatchSlot slot : lost) {
      slot.task().fail(cause);
      slot.task().piecesDone(1, now);
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
