package dev.keepgate.batch;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The workers that wait for work: some are lent to threads of requests, some are about to help
 * another one. Guarded by the lock of {@link BatchQueues}.
 */
final class IdleWorkers {

  /** Asking for the processors at every change is dear in a container. */
  private final int all;

  private int idle;
  private int lent;

  /** What idle workers are to help with. */
  private final Deque<BatchQueues.Assignment> assignments = new ArrayDeque<>();

  /** Worker time that was not spent waiting for work, up to when it was added last. */
  private long busyNanos;

  private long busyAt;

  /**
   * @param all how many workers there are, idle or not
   * @param now {@link System#nanoTime()}, here and below
   */
  IdleWorkers(int all, long now) {
    this.all = all;
    this.busyAt = now;
  }

  /** How many workers there are, idle or not. */
  int all() {
    return all;
  }

  /** How many have nothing to do. */
  int free() {
    // Fewer than none are idle once the queues are closed and the workers have gone.
    return Math.max(0, idle - lent - assignments.size());
  }

  /** Whether one that waits could work: no request's thread has its place. */
  boolean mayWork() {
    return idle > lent;
  }

  boolean areAllFree() {
    return free() == all;
  }

  boolean isAnyLent() {
    return lent > 0;
  }

  void comes(long now) {
    addBusy(now);
    idle++;
  }

  void leaves(long now) {
    addBusy(now);
    idle--;
  }

  void lend(long now) {
    addBusy(now);
    lent++;
  }

  void takeBack(long now) {
    addBusy(now);
    lent--;
  }

  /** Has a free one do a part of another's work. */
  void assign(BatchQueues.Assignment part) {
    assignments.add(part);
  }

  boolean areAssigned() {
    return !assignments.isEmpty();
  }

  BatchQueues.@Nullable Assignment takeAssignment() {
    return assignments.poll();
  }

  /** Time that all workers together did not wait for work, in nanoseconds; it only grows. */
  long busyNanos(long now) {
    addBusy(now);
    return busyNanos;
  }

  /** Counts time only where workers come to wait or have waited: at a step it costs nothing. */
  private void addBusy(long now) {
    busyNanos += (all - idle + lent) * (now - busyAt);
    busyAt = now;
  }
}
