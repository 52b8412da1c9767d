package dev.keepgate.api.oip;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The protocol's documents about models, as JSON and the OpenAPI document have them. */
public final class ModelView {

  private ModelView() {}

  public record Metadata(
      String name,
      List<String> versions,
      String platform,
      List<Tensor> inputs,
      List<Tensor> outputs) {}

  public record Tensor(String name, String datatype, long[] shape) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Config(
      String name,
      String platform,
      String backend,
      @JsonProperty("max_batch_size") int maxBatchSize,
      List<ConfigTensor> input,
      List<ConfigTensor> output,
      @JsonProperty("sequence_batching") @Nullable SequenceBatching sequenceBatching) {}

  /**
   * @param optional null where a request must have it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ConfigTensor(
      String name,
      @JsonProperty("data_type") String dataType,
      long[] dims,
      @Nullable Boolean optional) {}

  public record SequenceBatching(
      @JsonProperty("max_sequence_idle_microseconds") long maxSequenceIdleMicroseconds) {}

  public record IndexEntry(String name, String version, String state, String reason) {}

  public record AllStatistics(@JsonProperty("model_stats") List<Statistics> models) {}

  public record Statistics(
      String name,
      String version,
      @JsonProperty("last_inference") long lastInference,
      @JsonProperty("inference_count") long inferenceCount,
      @JsonProperty("execution_count") long executionCount,
      @JsonProperty("inference_stats") InferStats inferenceStats,
      @JsonProperty("batch_stats") List<Object> batchStats) {}

  public record InferStats(
      Duration success,
      Duration fail,
      Duration queue,
      @JsonProperty("compute_input") Duration computeInput,
      @JsonProperty("compute_infer") Duration computeInfer,
      @JsonProperty("compute_output") Duration computeOutput,
      @JsonProperty("cache_hit") Duration cacheHit,
      @JsonProperty("cache_miss") Duration cacheMiss) {}

  public record Duration(long count, long ns) {
    static final Duration NONE = new Duration(0, 0);
  }
}
