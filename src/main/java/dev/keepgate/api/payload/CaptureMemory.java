package dev.keepgate.api.payload;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.memory.TooMuchMemoryException;

/**
 * What a request that is captured holds of the memory of requests in flight, beside what it holds
 * to be computed. It takes what is free, and waits for nothing.
 */
final class CaptureMemory implements AutoCloseable {

  private final RequestMemory memory;
  private boolean closed;

  CaptureMemory(RequestMemory memory) {
    this.memory = memory;
  }

  synchronized boolean tryTake(long bytes) {
    try {
      return !closed && memory.tryTake(bytes);
    } catch (TooMuchMemoryException e) {
      return false;
    }
  }

  synchronized void giveBack(long bytes) {
    memory.giveBack(bytes);
  }

  /** Gives back everything; what is captured from then on finds no room. */
  @Override
  public synchronized void close() {
    closed = true;
    memory.close();
  }
}
