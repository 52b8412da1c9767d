package dev.keepgate.api.oip.grpc;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of gRPC's connections and calls; the port and all else are {@code spring.grpc.server}.
 *
 * @param maxConnections connections that may be open; one more is closed at once
 * @param maxCalls calls of all connections that may be under way; one more is refused
 * @param maxCallsPerConnection calls of one connection that may be under way
 * @param threads that calls are computed on, where the JVM has no virtual threads
 * @param streamWindow requests of one {@code ModelStreamInfer} that may be under way
 * @param flowControlWindow bytes that a client may send before the server has taken them, of a call
 *     and of a connection
 * @param messageTimeout how long a request may take to come, and an answer to leave; a second more
 *     for each million bytes of it
 */
@Validated
@ConfigurationProperties("keepgate.grpc")
record GrpcProperties(
    @DefaultValue("1000") @Min(1) int maxConnections,
    @DefaultValue("4096") @Min(1) int maxCalls,
    @DefaultValue("1000") @Min(1) int maxCallsPerConnection,
    @DefaultValue("200") @Min(1) @Max(10_000) int threads,
    @DefaultValue("64") @Min(1) @Max(10_000) int streamWindow,
    @DefaultValue("256KB") DataSize flowControlWindow,
    @DefaultValue("30s") Duration messageTimeout) {

  /** What every client may send at once (RFC 9113, 6.9.2). */
  private static final int LEAST_WINDOW = 65_535;

  /**
   * @throws IllegalArgumentException if a value is out of bounds
   */
  GrpcProperties {
    if (flowControlWindow.toBytes() < LEAST_WINDOW
        || flowControlWindow.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "keepgate.grpc.flow-control-window must be 64 KB to 2 GB, got " + flowControlWindow);
    }
    if (messageTimeout.isNegative() || messageTimeout.isZero()) {
      throw new IllegalArgumentException(
          "keepgate.grpc.message-timeout must be positive, got " + messageTimeout);
    }
  }
}
