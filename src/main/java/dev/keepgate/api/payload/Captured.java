package dev.keepgate.api.payload;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Bytes that passed, as long as they are no more than are wanted, and there is memory for them. */
final class Captured {

  /** Its buffer doubles as it grows. */
  private static final long HELD = 2;

  private final int most;
  private final CaptureMemory memory;
  private @Nullable ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Captured(int most, CaptureMemory memory) {
    this.most = most;
    this.memory = memory;
  }

  synchronized void add(byte[] from, int offset, int length) {
    if (bytes == null || length <= 0) {
      return;
    }
    if (length > most - bytes.size() || !memory.tryTake(HELD * length)) {
      drop();
    } else {
      bytes.write(from, offset, length);
    }
  }

  /** Keeps none of them. */
  synchronized void drop() {
    if (bytes != null) {
      memory.giveBack(HELD * bytes.size());
      bytes = null;
    }
  }

  /** All of them; null where they were too many. */
  synchronized byte @Nullable [] all() {
    return bytes == null ? null : bytes.toByteArray();
  }
}
