package dev.keepgate.api.access;

import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Writes a line of a request that was answered: as text, and as fields where the log is structured
 * ({@code logging.structured.format.console}). What a query or a body says is never written.
 */
@Component
public final class AccessLog {

  /** The attribute of a request over HTTP that has the name of its caller. */
  public static final String CALLER = "keepgate.caller";

  private static final Logger log = LoggerFactory.getLogger("keepgate.access");
  private static final double NANOS_PER_MILLI = 1e6;

  private final AccessLogProperties properties;

  AccessLog(AccessLogProperties properties) {
    this.properties = properties;
  }

  /**
   * A request that was answered.
   *
   * @param origin whose it is
   * @param method of HTTP, or {@code gRPC}
   * @param path without its query; of gRPC, service and method
   * @param status of HTTP, or gRPC's word for it
   * @param failed whether it was refused, or failed
   * @param nanos from when it was there to its answer's end
   */
  public record Entry(
      Origin origin, String method, String path, String status, boolean failed, long nanos) {}

  /**
   * Where a request comes from.
   *
   * @param requestId as its answer names it
   * @param caller the name of who asked; empty where nobody is asked
   */
  public record Origin(String requestId, String caller) {}

  /** Whether any request may have a line. */
  public boolean isOn() {
    return properties.sample() > 0 || properties.errors();
  }

  /** Writes a line, if the request is one that has a line. */
  public void write(Entry entry) {
    boolean isWritten =
        (properties.errors() && entry.failed())
            || ThreadLocalRandom.current().nextDouble() < properties.sample();
    if (!isWritten) {
      return;
    }
    String caller = entry.origin().caller().isEmpty() ? "-" : entry.origin().caller();
    double millis = Math.round(entry.nanos() / NANOS_PER_MILLI * 1000) / 1000.0;
    log.atInfo()
        .setMessage("{} {} {} {} ms {} {}")
        .addArgument(entry.method())
        .addArgument(entry.path())
        .addArgument(entry.status())
        .addArgument(millis)
        .addArgument(entry.origin().requestId())
        .addArgument(caller)
        .addKeyValue("method", entry.method())
        .addKeyValue("path", entry.path())
        .addKeyValue("status", entry.status())
        .addKeyValue("duration_ms", millis)
        .addKeyValue("request_id", entry.origin().requestId())
        .addKeyValue("caller", caller)
        .log();
  }
}
