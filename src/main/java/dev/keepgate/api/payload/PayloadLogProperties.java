package dev.keepgate.api.payload;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * The payload log: requests over HTTP that compute, with their bodies and answers, a line of JSON
 * each. It holds what clients sent.
 *
 * @param file that lines are added to; nothing is logged where it is not set
 * @param sample share of requests that are logged, from 0 to 1
 * @param maxBody bytes of a body, and of an answer, at most; a request with more is not logged, nor
 *     one for whose copies {@code keepgate.inference.max-in-flight-memory} has no room
 * @param maxFileSize of a file; beyond it the next is begun
 * @param maxFiles of former files, {@code <file>.1} the latest; older ones are deleted
 */
@Validated
@ConfigurationProperties("keepgate.payload-log")
record PayloadLogProperties(
    @Nullable Path file,
    @DefaultValue("0.01") @DecimalMin("0") @DecimalMax("1") double sample,
    @DefaultValue("1MB") DataSize maxBody,
    @DefaultValue("100MB") DataSize maxFileSize,
    @DefaultValue("4") @Min(1) @Max(20) int maxFiles) {

  /** A body and its line are in memory while they are written. */
  private static final DataSize MOST = DataSize.ofMegabytes(64);

  PayloadLogProperties {
    if (maxBody.toBytes() < 1 || maxBody.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "keepgate.payload-log.max-body: expected 1B to %dMB, got %s"
              .formatted(MOST.toMegabytes(), maxBody));
    }
  }
}
