package dev.keepgate.api.oip;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** The protocol's documents about models, as JSON has them. */
final class ModelView {

  private ModelView() {}

  @JsonNaming(SnakeCaseStrategy.class)
  record Metadata(
      String name,
      List<String> versions,
      String platform,
      List<Tensor> inputs,
      List<Tensor> outputs) {}

  /**
   * @param shape -1 where the size is free
   */
  record Tensor(String name, String datatype, long[] shape) {}

  /**
   * @param maxBatchSize 0, as tensors have all their dimensions here
   * @param sequenceBatching null where the model cannot be stepped
   */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Config(
      String name,
      String platform,
      String backend,
      int maxBatchSize,
      List<ConfigTensor> input,
      List<ConfigTensor> output,
      @Nullable SequenceBatching sequenceBatching) {}

  /**
   * @param optional null where a request must have it
   */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ConfigTensor(String name, String dataType, long[] dims, @Nullable Boolean optional) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record SequenceBatching(long maxSequenceIdleMicroseconds) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record IndexEntry(String name, String version, String state, String reason) {}

  /**
   * @param lastInference milliseconds since the epoch
   * @param inferenceCount rows computed
   * @param executionCount calls of the kernel, of as many rows as were there
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Statistics(
      String name,
      String version,
      long lastInference,
      long inferenceCount,
      long executionCount,
      InferStats inferenceStats,
      List<Object> batchStats) {}

  @JsonNaming(SnakeCaseStrategy.class)
  record InferStats(
      Duration success,
      Duration fail,
      Duration queue,
      Duration computeInput,
      Duration computeInfer,
      Duration computeOutput,
      Duration cacheHit,
      Duration cacheMiss) {}

  record Duration(long count, long ns) {
    static final Duration NONE = new Duration(0, 0);
  }
}
