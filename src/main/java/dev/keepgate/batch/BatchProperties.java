package dev.keepgate.batch;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the arithmetic is scheduled.
 *
 * @param workers threads that compute; 0 for one a processor
 * @param queueCapacity requests that a model may have at once, waiting or computed
 * @param fullQueueWait how long one more waits for a place among them before it is refused: who is
 *     refused at once comes back at once, and refusing takes the time of answering
 * @param maxBatchRows rows that step together at most
 * @param maxBatchDelay how long a row may wait for others before its first step
 * @param timeSlice how long a worker stays with a model while another one waits
 */
@Validated
@ConfigurationProperties("keepgate.batch")
public record BatchProperties(
    @Min(0) @Max(1024) @DefaultValue("0") int workers,
    @Min(1) @DefaultValue("1024") int queueCapacity,
    @DefaultValue("200ms") Duration fullQueueWait,
    @Min(1) @Max(4096) @DefaultValue("64") int maxBatchRows,
    @DefaultValue("0") Duration maxBatchDelay,
    @DefaultValue("1ms") Duration timeSlice) {

  /** Request threads wait that long: more would take them from requests that can be served. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  public BatchProperties {
    if (fullQueueWait.isNegative() || fullQueueWait.compareTo(LONGEST_WAIT) > 0) {
      throw new IllegalArgumentException(
          "keepgate.batch.full-queue-wait is from 0 to 10s, got " + fullQueueWait);
    }
  }

  int workerCount() {
    return workers > 0 ? workers : Runtime.getRuntime().availableProcessors();
  }

  BatchProperties withWorkers(int count) {
    return new BatchProperties(
        count, queueCapacity, fullQueueWait, maxBatchRows, maxBatchDelay, timeSlice);
  }
}
