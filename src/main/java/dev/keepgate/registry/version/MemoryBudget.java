package dev.keepgate.registry.version;

import dev.keepgate.registry.RegistryException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes that may be held together, told before they are taken rather than found out by the machine.
 */
final class MemoryBudget {

  private final long total;
  private final AtomicLong used = new AtomicLong();

  /**
   * @param total bytes
   */
  MemoryBudget(long total) {
    this.total = total;
  }

  long total() {
    return total;
  }

  long used() {
    return used.get();
  }

  /**
   * Takes bytes out of the budget, until the reservation is closed.
   *
   * @param purpose what needs them, as an error names it
   * @throws RegistryException.NoMemory if so many are not left
   */
  Reservation reserve(String purpose, long bytes) {
    Reservation reservation = new Reservation(purpose);
    reservation.resize(bytes);
    return reservation;
  }

  private void take(String purpose, long bytes) {
    long before = used.get();
    while (true) {
      // Not before + bytes > total: that may overflow.
      if (bytes > total - before) {
        throw new RegistryException.NoMemory(purpose, bytes, Math.max(0, total - before), total);
      }
      long seen = used.compareAndExchange(before, before + bytes);
      if (seen == before) {
        return;
      }
      before = seen;
    }
  }

  /** A part of the budget. */
  final class Reservation implements AutoCloseable {

    private final String purpose;
    private long bytes;
    private boolean closed;

    private Reservation(String purpose) {
      this.purpose = purpose;
    }

    /**
     * Takes more, or gives some back.
     *
     * @throws RegistryException.NoMemory if more is not left; the reservation is then as it was
     */
    synchronized void resize(long newBytes) {
      if (closed) {
        throw new IllegalStateException("the reservation is closed");
      }
      if (newBytes < 0) {
        throw new IllegalArgumentException("bytes must not be negative, got " + newBytes);
      }
      if (newBytes > bytes) {
        take(purpose, newBytes - bytes);
      } else {
        used.addAndGet(newBytes - bytes);
      }
      bytes = newBytes;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        used.addAndGet(-bytes);
      }
    }
  }
}
