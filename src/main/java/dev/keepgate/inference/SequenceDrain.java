package dev.keepgate.inference;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * What drains: versions that were taken away, looked after from time to time, and at the end the
 * whole server, which opens no sequences from the first moment of its shutdown on.
 */
final class SequenceDrain implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(SequenceDrain.class);

  private final Sequences sequences;
  private final Duration interval;
  private @Nullable ScheduledExecutorService thread;

  SequenceDrain(Sequences sequences, Duration interval) {
    this.sequences = sequences;
    this.interval = interval;
  }

  @Override
  public synchronized void start() {
    sequences.accept();
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread drain = new Thread(task, "keepgate-sequence-drain");
              drain.setDaemon(true);
              return drain;
            });
    thread = started;
    var unused =
        started.scheduleWithFixedDelay(
            this::releaseSafely, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void releaseSafely() {
    try {
      sequences.releaseDrainedModels();
    } catch (RuntimeException e) {
      log.debug("Versions that were taken away are held for now", e);
    } catch (Throwable e) {
      log.warn("Versions that were taken away are held for now", e);
    }
  }

  @Override
  public synchronized void stop() {
    sequences.drain();
    if (thread != null) {
      thread.shutdownNow();
      thread = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return thread != null;
  }

  /** Stops before the web server does, which waits for the requests that it has. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
