package dev.keepgate.sequence;

import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/** Fair locks by sequence: the steps of one run in the order in which they came. */
public final class SequenceLocks {

  private final int maxWaiting;
  private final ConcurrentMap<SequenceId, Entry> entries = new ConcurrentHashMap<>();

  /** The lock of one sequence; kept only while somebody has it or waits for it. */
  private static final class Entry {
    private final ReentrantLock lock = new ReentrantLock(true);
    private int users;
  }

  /** The right to step a sequence, until it is closed, on the thread that closes it. */
  public final class Lock implements AutoCloseable {
    private final SequenceId id;
    private final Entry entry;
    private final boolean waited;

    private Lock(SequenceId id, Entry entry, boolean waited) {
      this.id = id;
      this.entry = entry;
      this.waited = waited;
    }

    /** Whether another step ran in the meantime. */
    public boolean waited() {
      return waited;
    }

    @Override
    public void close() {
      entry.lock.unlock();
      remove(id);
    }
  }

  /**
   * @param maxWaiting steps of one sequence that may wait
   */
  public SequenceLocks(int maxWaiting) {
    this.maxWaiting = maxWaiting;
  }

  /**
   * Waits for the steps that came before.
   *
   * @param deadline {@link System#nanoTime()} until which to wait
   * @throws SequenceException.Full if too many wait already
   * @throws TimeoutException if the deadline passes first
   */
  public Lock acquire(SequenceId id, OptionalLong deadline)
      throws InterruptedException, TimeoutException {
    Entry entry = add(id);
    boolean acquired = false;
    try {
      boolean waited = !entry.lock.tryLock();
      if (!waited) {
        acquired = true;
      } else if (deadline.isPresent()) {
        acquired =
            entry.lock.tryLock(deadline.getAsLong() - System.nanoTime(), TimeUnit.NANOSECONDS);
      } else {
        entry.lock.lockInterruptibly();
        acquired = true;
      }
      if (!acquired) {
        throw new TimeoutException();
      }
      return new Lock(id, entry, waited);
    } finally {
      if (!acquired) {
        remove(id);
      }
    }
  }

  private Entry add(SequenceId id) {
    return entries.compute(
        id,
        (key, known) -> {
          Entry entry = known != null ? known : new Entry();
          if (entry.users > maxWaiting) {
            throw new SequenceException.Full(
                "%d steps of sequence %s wait already".formatted(maxWaiting, id));
          }
          entry.users++;
          return entry;
        });
  }

  private void remove(SequenceId id) {
    entries.computeIfPresent(id, (key, entry) -> --entry.users == 0 ? null : entry);
  }

  /** How many sequences are being stepped. */
  int size() {
    return entries.size();
  }
}
