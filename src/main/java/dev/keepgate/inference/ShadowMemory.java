package dev.keepgate.inference;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes shadows hold, of so many that they may. */
final class ShadowMemory {

  private final long total;
  private final AtomicLong used = new AtomicLong();

  ShadowMemory(long total) {
    this.total = total;
  }

  boolean tryTake(long bytes) {
    if (used.addAndGet(bytes) <= total) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  void giveBack(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }
}
