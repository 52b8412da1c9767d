package dev.keepgate.sequence;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frees what has expired, on a thread of its own, so that no step does it. */
final class SequenceReaper implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SequenceReaper.class);

  private final ScheduledExecutorService thread;

  /**
   * @param reap frees what has expired by now
   */
  SequenceReaper(Runnable reap, Duration interval) {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread reaper = new Thread(task, "keepgate-sequence-reaper");
              reaper.setDaemon(true);
              return reaper;
            });
    var unused =
        thread.scheduleWithFixedDelay(
            () -> reapSafely(reap), interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void reapSafely(Runnable reap) {
    try {
      reap.run();
    } catch (SequenceException.Unavailable e) {
      log.debug("Expired sequences stay for now", e);
    } catch (Throwable e) {
      // A thread that ended would let all that expires stay.
      log.warn("Expired sequences could not be freed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
