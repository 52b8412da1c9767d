package dev.keepgate.api.oip;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of gRPC's connections; the port and all else are {@code spring.grpc.server}.
 *
 * @param maxCallsPerConnection calls of one connection that may be under way
 * @param streamWindow requests of one {@code ModelStreamInfer} that may be under way
 * @param flowControlWindow bytes that a client may send before the server has taken them, of a call
 *     and of a connection
 */
@Validated
@ConfigurationProperties("keepgate.grpc")
record GrpcProperties(
    @DefaultValue("1000") @Min(1) int maxCallsPerConnection,
    @DefaultValue("64") @Min(1) @Max(10_000) int streamWindow,
    @DefaultValue("1MB") DataSize flowControlWindow) {

  /** What every client may send at once (RFC 9113, 6.9.2). */
  private static final int LEAST_WINDOW = 65_535;

  /**
   * @throws IllegalArgumentException if the window is out of bounds
   */
  GrpcProperties {
    if (flowControlWindow.toBytes() < LEAST_WINDOW
        || flowControlWindow.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "keepgate.grpc.flow-control-window must be 64 KB to 2 GB, got " + flowControlWindow);
    }
  }
}
