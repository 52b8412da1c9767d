package dev.keepgate.batch;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Is told what workers do. Called on a worker, so it must be quick. */
public interface BatchListener {

  /** A worker takes so many rows of one model on, together: by a step, or by a few at once. */
  default void stepping(int rows) {}

  /** A worker computes a task as a whole, of so many rows. */
  default void unrolling(int rows) {}

  /** A worker ended by a failure, and another takes its place. */
  default void replaced() {}

  /** One that tells all of these; what one of them throws harms neither workers nor others. */
  static BatchListener all(List<BatchListener> listeners) {
    return new BatchListeners(List.copyOf(listeners));
  }
}

/** All who are told what workers do. */
final class BatchListeners implements BatchListener {

  private static final Logger log = LoggerFactory.getLogger(BatchListeners.class);

  private final List<BatchListener> listeners;
  private volatile boolean failed;

  BatchListeners(List<BatchListener> listeners) {
    this.listeners = listeners;
  }

  private interface Event {
    void tell(BatchListener listener);
  }

  private void tell(Event event) {
    for (BatchListener listener : listeners) {
      try {
        event.tell(listener);
      } catch (RuntimeException | Error e) {
        if (!failed) {
          failed = true;
          log.warn("A listener failed; this is told once", e);
        }
      }
    }
  }

  @Override
  public void stepping(int rows) {
    tell(listener -> listener.stepping(rows));
  }

  @Override
  public void unrolling(int rows) {
    tell(listener -> listener.unrolling(rows));
  }

  @Override
  public void replaced() {
    tell(BatchListener::replaced);
  }
}
