package dev.keepgate.registry.version;

import java.util.concurrent.Semaphore;

/**
 * Heap that files may be read into at once. It is needed for moments only, so whoever does not find
 * enough waits, first come first served.
 */
final class ImportMemory {

  private static final long UNIT = 1 << 20;

  private final int units;
  private final Semaphore free;

  /**
   * @param bytes in total
   */
  ImportMemory(long bytes) {
    this.units = units(bytes);
    this.free = new Semaphore(units, true);
  }

  long total() {
    return units * UNIT;
  }

  /**
   * Waits for memory, and takes it.
   *
   * @param bytes not more than {@link #total()} are taken
   * @return what is to be given back
   */
  int take(long bytes) {
    int taken = Math.min(units, units(bytes));
    free.acquireUninterruptibly(taken);
    return taken;
  }

  void giveBack(int taken) {
    free.release(taken);
  }

  private static int units(long bytes) {
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (bytes + UNIT - 1) / UNIT));
  }
}
