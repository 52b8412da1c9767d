package dev.keepgate.api.http;

import dev.keepgate.memory.RequestMemory;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What has come of a body of a length that was announced. Its memory is taken as bytes come, never
 * as they were announced.
 */
final class BodyBuffer {

  private final long announced;
  private final RequestMemory memory;
  private byte[] bytes = new byte[0];
  private int size;

  BodyBuffer(long announced, RequestMemory memory) {
    this.announced = announced;
    this.memory = memory;
  }

  boolean isWhole() {
    return size == announced;
  }

  private boolean isFull() {
    return size == bytes.length;
  }

  /** Makes room for the next bytes; false where its memory is not free. */
  boolean tryMakeRoom() {
    if (!isFull()) {
      return true;
    }
    int room = nextRoom();
    boolean free = memory.tryTake(room);
    if (free) {
      resize(room);
    }
    return free;
  }

  /** Takes the memory of more room once it is free; fails if it is not in time. */
  CompletableFuture<@Nullable Void> takeRoom() {
    return memory.takeLater(nextRoom());
  }

  /** Makes the room whose memory was taken. */
  void makeRoom() {
    resize(nextRoom());
  }

  private int nextRoom() {
    return (int) Math.min(announced, Math.max(BodyReader.FIRST, 2L * bytes.length));
  }

  private void resize(int room) {
    int before = bytes.length;
    bytes = Arrays.copyOf(bytes, room);
    memory.giveBack(before);
  }

  /**
   * Reads what the connection has, as far as there is room.
   *
   * @return false at the end of the body
   */
  boolean read(ServletInputStream in) throws IOException {
    int count = in.read(bytes, size, bytes.length - size);
    size += Math.max(0, count);
    return count >= 0;
  }

  Body body() {
    return new Body(bytes, size);
  }
}
