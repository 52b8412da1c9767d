package dev.keepgate.sequence;

import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/** Lets the steps of one sequence run one after the other, in the order in which they came. */
public final class SequenceClaims {

  private final int maxWaiting;
  private final ConcurrentMap<SequenceId, Turn> turns = new ConcurrentHashMap<>();

  /** The turn to step one sequence. Kept only while somebody has it or waits for it. */
  private static final class Turn {
    private final ReentrantLock lock = new ReentrantLock(true);
    private int users;
  }

  /** The right to step a sequence, until it is closed, on the thread that closes it. */
  public final class Claim implements AutoCloseable {
    private final SequenceId id;
    private final Turn turn;
    private final boolean waited;

    private Claim(SequenceId id, Turn turn, boolean waited) {
      this.id = id;
      this.turn = turn;
      this.waited = waited;
    }

    /** Whether another step ran in the meantime. */
    public boolean waited() {
      return waited;
    }

    @Override
    public void close() {
      turn.lock.unlock();
      leave(id);
    }
  }

  /**
   * @param maxWaiting steps of one sequence that may wait
   */
  public SequenceClaims(int maxWaiting) {
    this.maxWaiting = maxWaiting;
  }

  /**
   * Waits for the steps that came before.
   *
   * @param deadline {@link System#nanoTime()} until which to wait
   * @throws SequenceException.Full if too many wait already
   * @throws TimeoutException if the deadline passes first
   */
  public Claim claim(SequenceId id, OptionalLong deadline)
      throws InterruptedException, TimeoutException {
    Turn turn = enter(id);
    boolean claimed = false;
    try {
      boolean waited = !turn.lock.tryLock();
      if (!waited) {
        claimed = true;
      } else if (deadline.isPresent()) {
        claimed = turn.lock.tryLock(deadline.getAsLong() - System.nanoTime(), TimeUnit.NANOSECONDS);
      } else {
        turn.lock.lockInterruptibly();
        claimed = true;
      }
      if (!claimed) {
        throw new TimeoutException();
      }
      return new Claim(id, turn, waited);
    } finally {
      if (!claimed) {
        leave(id);
      }
    }
  }

  private Turn enter(SequenceId id) {
    return turns.compute(
        id,
        (key, known) -> {
          Turn turn = known != null ? known : new Turn();
          if (turn.users > maxWaiting) {
            throw new SequenceException.Full(
                "%d steps of sequence %s wait already".formatted(maxWaiting, id));
          }
          turn.users++;
          return turn;
        });
  }

  private void leave(SequenceId id) {
    turns.computeIfPresent(id, (key, turn) -> --turn.users == 0 ? null : turn);
  }

  /** How many sequences are being stepped. */
  int size() {
    return turns.size();
  }
}
