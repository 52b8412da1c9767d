package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The queues of all models, and which of them a lane serves next: the one that has had the least
 * lane time, so that no model starves another (start-time fair queueing: Goyal, Vin and Cheng,
 * 1996). A queue that comes back from idling starts level with those that are being served.
 */
final class BatchQueues {

  /** Fewer rows than these are not worth a second lane: both would read the same weights. */
  private static final int WORTH_A_LANE = 4;

  private static final long NEVER = Long.MAX_VALUE;

  private final BatchProperties properties;
  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Map<Key, BatchQueue> queues = new HashMap<>();
  private int idleLanes;
  private int wholeLanes;
  private long virtualTime;
  private boolean closed;

  /** A compiled model is equal to itself only. */
  private record Key(CompiledModel model, boolean whole) {}

  /**
   * @param clock {@link System#nanoTime()}, or a test's own
   */
  BatchQueues(BatchProperties properties, LongSupplier clock) {
    this.properties = properties;
    this.clock = clock;
  }

  long now() {
    return clock.getAsLong();
  }

  /**
   * Queues a request.
   *
   * @throws IllegalStateException if the queues are closed
   */
  void offer(Submission submission) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the lanes are closed");
      }
      Key key = new Key(submission.task().model(), !submission.steps());
      queues
          .computeIfAbsent(key, k -> new BatchQueue(k.model(), k.whole(), virtualTime))
          .add(submission);
      wake();
    } finally {
      lock.unlock();
    }
  }

  /** Requests of which no lane has begun any part, of all models. */
  int waiting() {
    lock.lock();
    try {
      return queues.values().stream().mapToInt(BatchQueue::waiting).sum();
    } finally {
      lock.unlock();
    }
  }

  /** Gives the calling lane a queue to serve, until it {@link #detach detaches}; null for none. */
  @Nullable BatchQueue attach() {
    lock.lock();
    try {
      BatchQueue next = closed ? null : neediest();
      if (next != null) {
        next.laneCame();
        wholeLanes += next.whole() ? 1 : 0;
        virtualTime = Math.max(virtualTime, next.served());
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the lane's work on a queue.
   *
   * @param nanos lane time to charge
   * @param unfinished rows that the lane was not done with: the next ones in line
   */
  void detach(BatchQueue queue, long nanos, List<Seat> unfinished) {
    lock.lock();
    try {
      queue.charge(nanos);
      queue.addFirst(unfinished);
      queue.laneLeft();
      wholeLanes -= queue.whole() ? 1 : 0;
      if (queue.isEmpty() && queue.lanes() == 0) {
        queues.remove(new Key(queue.model(), queue.whole()));
      }
      if (neediest() != null) {
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether a queue waits that has had less than this one. */
  boolean shouldYield(BatchQueue queue) {
    lock.lock();
    try {
      BatchQueue next = neediest();
      return next != null && next != queue && next.served() < queue.served();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Charges lane time, and moves rows that wait into a lane's batch: no more than its share among
   * the lanes that have nothing else to do.
   *
   * @param nanos lane time since the last charge
   * @param room how many rows the batch can take
   * @param seated how many it has
   * @param to where they go
   */
  void take(BatchQueue queue, long nanos, int room, int seated, Collection<Seat> to) {
    lock.lock();
    try {
      queue.charge(nanos);
      int fair = (queue.size() + seated + idleLanes) / (idleLanes + 1);
      int wanted = Math.min(room, Math.max(WORTH_A_LANE, fair) - seated);
      long now = now();
      for (Seat head = queue.peek(); head != null && to.size() < wanted; head = queue.peek()) {
        if (head.alone() && seated + to.size() > 0) {
          break;
        }
        to.add(queue.takeSeat(now));
        if (head.alone()) {
          break;
        }
      }
      if (!queue.isEmpty()) {
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  @Nullable Submission takeRequest(BatchQueue queue) {
    lock.lock();
    try {
      return queue.takeRequest(now());
    } finally {
      lock.unlock();
    }
  }

  /** How many rows, or whole requests, wait for the model. */
  int size(BatchQueue queue) {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Sends rows to the end of the line. */
  void requeue(BatchQueue queue, List<Seat> rows) {
    lock.lock();
    try {
      queue.addLast(rows);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for work.
   *
   * @return false once the queues are closed
   */
  boolean await() throws InterruptedException {
    lock.lockInterruptibly();
    idleLanes++;
    try {
      while (!closed && neediest() == null) {
        long wait = untilReady();
        if (wait == NEVER) {
          work.await();
        } else {
          long unused = work.awaitNanos(wait);
        }
      }
      return !closed;
    } finally {
      idleLanes--;
      lock.unlock();
    }
  }

  /** Ends it: lanes come home, and nothing is taken in any more. */
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
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Takes out every piece of work that waits, a submission as often as it has pieces. */
  List<Submission> drain() {
    lock.lock();
    try {
      return queues.values().stream().flatMap(queue -> queue.drain(now()).stream()).toList();
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    if (idleLanes > 0) {
      work.signal();
    }
  }

  private @Nullable BatchQueue neediest() {
    long now = now();
    BatchQueue best = null;
    for (BatchQueue queue : queues.values()) {
      if (readyIn(queue, now) <= 0 && (best == null || queue.served() < best.served())) {
        best = queue;
      }
    }
    return best;
  }

  private long untilReady() {
    long now = now();
    long soonest = NEVER;
    for (BatchQueue queue : queues.values()) {
      soonest = Math.min(soonest, readyIn(queue, now));
    }
    return soonest;
  }

  /** Nanoseconds until a lane may take from the queue, if nothing else happens. */
  private long readyIn(BatchQueue queue, long now) {
    if (queue.isEmpty()) {
      return NEVER;
    }
    if (queue.whole()) {
      // A whole request holds its lane to its end: one lane at least stays free for steps.
      return wholeLanes < Math.max(1, properties.laneCount() - 1) ? 0 : NEVER;
    }
    long delay = properties.maxBatchDelay().toNanos();
    Seat head = queue.peek();
    if (delay == 0 || head == null || queue.size() >= properties.maxBatchRows()) {
      return 0;
    }
    return head.submission().queuedAt() + delay - now;
  }
}
