package dev.keepgate.inference;

import dev.keepgate.batch.Place;
import dev.keepgate.registry.ModelHandle;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * A request that will be computed, its tensors still to be read: it has a place among those of its
 * model, until it is computed. Good for one call of {@link Inference}; closed by whoever asked for
 * it.
 */
public final class Admission implements AutoCloseable {

  private final ModelHandle handle;
  private final Place place;
  private final OptionalLong deadline;
  private final Caller caller;

  Admission(ModelHandle handle, Place place, OptionalLong deadline, Caller caller) {
    this.handle = handle;
    this.place = place;
    this.deadline = deadline;
    this.caller = caller;
  }

  ModelHandle handle() {
    return handle;
  }

  Place place() {
    return place;
  }

  /** {@link System#nanoTime()} past which the work is dropped. */
  OptionalLong deadline() {
    return deadline;
  }

  Caller caller() {
    return caller;
  }

  /** How long it took to be admitted. */
  public Duration waited() {
    return Duration.ofNanos(place.waited());
  }

  @Override
  public void close() {
    place.close();
  }
}
