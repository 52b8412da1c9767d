package dev.keepgate.inference;

import dev.keepgate.model.ExpectedAnswers.Tolerance;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of what shadows compute beside the served versions.
 *
 * @param maxQueued requests that wait for their turn
 * @param maxMemory what they, the one that is computed and the states of sequences take
 * @param maxSequences sequences that shadows follow
 * @param maxWait after which a request is dropped that was not computed
 * @param absoluteTolerance what a number may be off by
 * @param relativeTolerance times the served number, what it may be off by beyond that
 */
@Validated
@ConfigurationProperties("keepgate.shadow")
public record ShadowProperties(
    @Min(1) @Max(1_000_000) @DefaultValue("256") int maxQueued,
    @DefaultValue("16MB") DataSize maxMemory,
    @Min(0) @DefaultValue("1000") int maxSequences,
    @DefaultValue("10s") Duration maxWait,
    @Min(0) @DefaultValue("1e-5") double absoluteTolerance,
    @Min(0) @DefaultValue("1e-4") double relativeTolerance) {

  public ShadowProperties {
    if (maxMemory.isNegative()) {
      throw new IllegalArgumentException(
          "keepgate.shadow.max-memory is 0 at least, got " + maxMemory);
    }
    if (maxWait.toMillis() < 1) {
      throw new IllegalArgumentException(
          "keepgate.shadow.max-wait is 1ms at least, got " + maxWait);
    }
  }

  Tolerance tolerance() {
    return new Tolerance(absoluteTolerance, relativeTolerance);
  }
}
