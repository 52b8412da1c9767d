package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queues of all models, and which of them a worker serves next: the one that has had the least
 * worker time, so that no model starves another (start-time fair queueing: Goyal, Vin and Cheng,
 * 1996). A queue that comes back from idling starts level with those that are being served. Tasks
 * in the background have queues of their own, which are served while all others are empty.
 */
final class BatchQueues {

  /** Fewer rows than these are not worth a second worker: both would read the same weights. */
  private static final int WORTH_A_WORKER = 4;

  private static final long NEVER = Long.MAX_VALUE;

  private final BatchProperties properties;

  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Map<Key, BatchQueue> queues = new HashMap<>();
  private final IdleWorkers workers;
  private int wholeWorkers;
  private long virtualTime;
  private boolean closed;

  /** What a queue is of; a compiled model is equal to itself only. */
  record Key(CompiledModel model, boolean whole, boolean background) {}

  /**
   * A part of what is computed for a queue.
   *
   * @param work done with a worker's scratch
   */
  record Assignment(BatchQueue queue, Consumer<Scratch> work) {}

  /**
   * @param clock {@link System#nanoTime()}, or a test's own
   */
  BatchQueues(BatchProperties properties, LongSupplier clock) {
    this.properties = properties;
    this.clock = clock;
    this.workers = new IdleWorkers(properties.workerCount(), clock.getAsLong());
  }

  long now() {
    return clock.getAsLong();
  }

  /**
   * Queues a task; a worker is woken.
   *
   * @throws IllegalStateException if the queues are closed
   */
  void offer(BatchTask task) {
    lock.lock();
    try {
      add(task);
      wake();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues a task, and gives the calling thread its queue to serve where nothing else waits, no
   * worker serves its model and one is idle. Else a worker is woken.
   *
   * @return the queue, to be {@link #detach detached} from before the worker is {@link #takeBack
   *     given back}; null where the caller has nothing to do
   * @throws IllegalStateException if the queues are closed
   */
  @Nullable BatchQueue offerLone(BatchTask task) {
    lock.lock();
    try {
      BatchQueue queue = add(task);
      boolean lone = queue.workers() == 0 && queue.size() == task.rows();
      if (lone && workers.free() > 0 && neediest() == queue) {
        workers.lend(now());
        workerCame(queue);
        return queue;
      }
      wake();
      return null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has an idle worker do a part of what is computed for a queue.
   *
   * @return false where none is idle, or something waits for it
   */
  boolean assign(Assignment part) {
    lock.lock();
    try {
      if (closed || workers.free() == 0 || neediest() != null) {
        return false;
      }
      workers.assign(part);
      work.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What the calling worker is to help with; null for nothing. */
  @Nullable Assignment takeAssignment() {
    return locked(() -> workers.takeAssignment());
  }

  /** Charges worker time that was spent for a queue beside its workers'. */
  void charge(BatchQueue queue, long nanos) {
    lock.lock();
    try {
      queue.charge(nanos);
    } finally {
      lock.unlock();
    }
  }

  /** Whether anything waits that a worker may take. */
  boolean isAnythingReady() {
    return locked(() -> neediest() != null);
  }

  /** An idle worker that a request's thread had is idle again. */
  void takeBack() {
    lock.lock();
    try {
      workers.takeBack(now());
      if (closed) {
        work.signalAll();
      } else if (!queues.isEmpty() || workers.areAssigned()) {
        // Also for what may be taken up only later: whoever waits has to know until when.
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  private BatchQueue add(BatchTask task) {
    if (closed) {
      throw new IllegalStateException("the workers are closed");
    }
    BatchQueue queue =
        queues.computeIfAbsent(
            key(task), key -> new BatchQueue(key, virtualTime, this::wakeForMemory));
    queue.add(task);
    return queue;
  }

  private static Key key(BatchTask task) {
    return new Key(task.model(), !task.steps(), task.owner().isBackground());
  }

  /** A task that waited for its outputs' memory may begin. Called by whoever gave memory back. */
  private void wakeForMemory() {
    lock.lock();
    try {
      wake();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a task out that nobody waits for. Its rows that are with workers leave before their next
   * step.
   */
  void remove(BatchTask task) {
    int pieces;
    lock.lock();
    try {
      BatchQueue queue = queues.get(key(task));
      pieces = queue == null ? 0 : queue.remove(task);
      if (queue != null && queue.isEmpty() && queue.workers() == 0) {
        queues.remove(key(task));
      }
      // Whoever stood behind it may be served now.
      if (pieces > 0 && neediest() != null) {
        wake();
      }
    } finally {
      lock.unlock();
    }
    task.piecesDone(pieces, now());
  }

  /** Tasks of which no worker has begun any part, of all models; none in the background. */
  int waiting() {
    return locked(
        () ->
            queues.values().stream()
                .filter(queue -> !queue.background())
                .mapToInt(BatchQueue::waiting)
                .sum());
  }

  /**
   * Gives the calling worker a queue to serve, until it {@link #detach detaches}; null for none.
   */
  @Nullable BatchQueue attach() {
    lock.lock();
    try {
      BatchQueue next = closed ? null : neediest();
      if (next != null) {
        workerCame(next);
        // While all idle workers were lent, nobody was woken for what came.
        if (queues.size() > 1) {
          wake();
        }
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void workerCame(BatchQueue queue) {
    queue.workerCame();
    wholeWorkers += queue.whole() ? 1 : 0;
    virtualTime = Math.max(virtualTime, queue.served());
  }

  /**
   * Ends the worker's work on a queue.
   *
   * @param nanos worker time to charge
   * @param unfinished rows that the worker was not done with: the next ones in line
   */
  void detach(BatchQueue queue, long nanos, List<BatchSlot> unfinished) {
    lock.lock();
    try {
      queue.addFirst(unfinished);
      leave(queue, nanos);
    } finally {
      lock.unlock();
    }
  }

  private void leave(BatchQueue queue, long nanos) {
    queue.charge(nanos);
    queue.workerLeft();
    wholeWorkers -= queue.whole() ? 1 : 0;
    if (queue.isEmpty() && queue.workers() == 0) {
      queues.remove(queue.key());
    }
    if (neediest() != null) {
      wake();
    }
  }

  /** Whether a queue waits that goes before this one. */
  boolean shouldYield(BatchQueue queue) {
    lock.lock();
    try {
      BatchQueue next = neediest();
      return next != null && next != queue && goesBefore(next, queue);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Charges worker time, and moves rows that wait into a worker's batch: no more than its share
   * among the workers that have nothing else to do.
   *
   * @param nanos worker time since the last charge
   * @param room how many rows the batch can take
   * @param seated how many it has
   * @param to where they go
   */
  void take(BatchQueue queue, long nanos, int room, int seated, Collection<BatchSlot> to) {
    lock.lock();
    try {
      queue.charge(nanos);
      int free = workers.free();
      int fair = (queue.size() + seated + free) / (free + 1);
      int wanted = Math.min(room, Math.max(WORTH_A_WORKER, fair) - seated);
      long now = now();
      for (QueueEntry head = queue.peek(); head != null && to.size() < wanted; ) {
        if (head.alone() && seated + to.size() > 0) {
          break;
        }
        BatchSlot slot = queue.takeSlot(now);
        if (slot == null) {
          break;
        }
        to.add(slot);
        head = slot.alone() ? null : queue.peek();
      }
      if (!queue.isEmpty()) {
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  @Nullable BatchTask takeTask(BatchQueue queue) {
    return locked(() -> queue.takeTask(now()));
  }

  /**
   * Ends the work of a worker that has no rows, if none wait that it could take.
   *
   * @param nanos worker time to charge
   * @return whether it is detached
   */
  boolean detachIfIdle(BatchQueue queue, long nanos) {
    lock.lock();
    try {
      boolean idle = queue.isEmpty() || queue.isBlocked();
      if (idle) {
        leave(queue, nanos);
      }
      return idle;
    } finally {
      lock.unlock();
    }
  }

  /** How many rows, or whole tasks, wait for the model. */
  int size(BatchQueue queue) {
    return locked(() -> queue.size());
  }

  /** Sends rows to the end of the line. */
  void requeue(BatchQueue queue, List<BatchSlot> rows) {
    lock.lock();
    try {
      queue.addLast(rows);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for work, and for a worker that no request's thread has.
   *
   * @return false once the queues are closed
   */
  boolean await() throws InterruptedException {
    lock.lockInterruptibly();
    workers.comes(now());
    try {
      while (!closed && !(workers.mayWork() && (workers.areAssigned() || neediest() != null))) {
        long wait = workers.mayWork() ? untilReady() : NEVER;
        if (wait == NEVER) {
          work.await();
        } else {
          long unused = work.awaitNanos(wait);
        }
      }
      return !closed;
    } finally {
      workers.leaves(now());
      lock.unlock();
    }
  }

  /** Whether all workers wait, and nothing is there for them. */
  boolean areIdle() {
    return locked(() -> workers.areAllFree() && queues.isEmpty());
  }

  /** Waits until no request's thread has a worker. */
  void awaitLent() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (workers.isAnyLent()) {
        work.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Time that all workers together did not wait for work, in nanoseconds; it only grows. */
  long busyNanos() {
    return locked(() -> workers.busyNanos(now()));
  }

  /** Ends it: workers come home, and nothing is taken in any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    return locked(() -> closed);
  }

  /** All tasks that wait, or rows of which wait. */
  List<BatchTask> tasks() {
    return locked(() -> queues.values().stream().flatMap(queue -> queue.tasks().stream()).toList());
  }

  private <T extends @Nullable Object> T locked(Supplier<T> question) {
    lock.lock();
    try {
      return question.get();
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    if (workers.mayWork()) {
      work.signal();
    }
  }

  private static boolean goesBefore(BatchQueue queue, BatchQueue other) {
    return queue.background() == other.background()
        ? queue.served() < other.served()
        : other.background();
  }

  private @Nullable BatchQueue neediest() {
    long now = now();
    BatchQueue best = null;
    for (BatchQueue queue : queues.values()) {
      if (readyIn(queue, now) <= 0 && (best == null || goesBefore(queue, best))) {
        best = queue;
      }
    }
    return best;
  }

  private int wholeLimit() {
    return Math.max(1, workers.all() - 1);
  }

  /** Whether a whole task in the background is ever computed. */
  boolean takesWholeInBackground() {
    return wholeLimit() > 1;
  }

  private long untilReady() {
    long now = now();
    long soonest = NEVER;
    for (BatchQueue queue : queues.values()) {
      soonest = Math.min(soonest, readyIn(queue, now));
    }
    return soonest;
  }

  /** Nanoseconds until a worker may take from the queue, if nothing else happens. */
  private long readyIn(BatchQueue queue, long now) {
    if (queue.isEmpty() || queue.isBlocked()) {
      return NEVER;
    }
    if (queue.whole()) {
      // A whole task holds its worker to its end: one worker at least stays free for steps, and
      // of one in the background another for whole tasks that somebody waits for.
      int others = wholeWorkers + (queue.background() ? 1 : 0);
      return others < wholeLimit() ? 0 : NEVER;
    }
    long delay = properties.maxBatchDelay().toNanos();
    QueueEntry head = queue.peek();
    if (delay == 0 || head == null || queue.size() >= properties.maxBatchRows()) {
      return 0;
    }
    return head.task().queuedAt() + delay - now;
  }
}
