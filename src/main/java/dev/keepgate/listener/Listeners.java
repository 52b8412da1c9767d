package dev.keepgate.listener;

import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All listeners of one kind. What one of them throws harms neither the others nor whoever tells
 * them, and is logged once.
 *
 * @param <L> an interface of the room that tells
 */
public final class Listeners<L> {

  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final List<L> listeners;
  private volatile boolean failed;

  public Listeners(List<L> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  /** Nobody who listens. */
  public static <L> Listeners<L> none() {
    return new Listeners<>(List.of());
  }

  /** Tells each of them, on the calling thread. */
  public void tell(Consumer<L> event) {
    for (L listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException | Error e) {
        if (!failed) {
          failed = true;
          log.warn("{} failed; this is told once", listener, e);
        }
      }
    }
  }
}
