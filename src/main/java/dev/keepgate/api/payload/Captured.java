package dev.keepgate.api.payload;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Bytes that passed, as long as they are no more than are wanted. */
final class Captured {

  private final int most;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean tooMany;

  Captured(int most) {
    this.most = most;
  }

  synchronized void add(byte[] from, int offset, int length) {
    if (length > most - bytes.size()) {
      tooMany = true;
      bytes.reset();
    } else if (!tooMany && length > 0) {
      bytes.write(from, offset, length);
    }
  }

  /** All of them; null where they were too many. */
  synchronized byte @Nullable [] all() {
    return tooMany ? null : bytes.toByteArray();
  }
}
