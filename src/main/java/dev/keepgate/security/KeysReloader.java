package dev.keepgate.security;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * The keys as their file has them, which is read again and again: a file system's own word of a
 * change does not come from every kind of volume. A file that cannot be used changes nothing.
 */
final class KeysReloader implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(KeysReloader.class);

  private final KeysFile file;
  private final RateLimits rates;
  private final ScheduledExecutorService clock;
  private volatile Keys keys;
  private byte[] bytes;
  private String fault = "";

  /**
   * @throws KeysFileException if the file cannot be used now
   */
  KeysReloader(KeysFile file, Duration interval, RateLimits rates) {
    this.file = file;
    this.rates = rates;
    this.bytes = file.read();
    this.keys = file.parse(bytes);
    log.info("{} keys in {}", keys.size(), file.path());
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-keys-");
    factory.setDaemon(true);
    this.clock = Executors.newSingleThreadScheduledExecutor(factory);
    long nanos = interval.toNanos();
    var unused = clock.scheduleWithFixedDelay(this::reload, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  Keys current() {
    return keys;
  }

  private void reload() {
    try {
      byte[] now = file.read();
      if (!Arrays.equals(now, bytes)) {
        bytes = now;
        keys = file.parse(now);
        rates.retain(keys.names());
        log.info("{} keys in {}, which has changed", keys.size(), file.path());
      }
      fault = "";
    } catch (RuntimeException | Error e) {
      // Whatever it is: the clock would look no more after what leaves this method.
      String message = String.valueOf(e.getMessage());
      if (!message.equals(fault)) {
        log.error("{}; the keys that were read before stay valid", message);
      }
      fault = message;
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
