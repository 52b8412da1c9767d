package dev.keepgate.api.oip;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The protocol's documents about models, as JSON and the OpenAPI document have them. */
public final class ModelView {

  private ModelView() {}

  @Schema(name = "ModelMetadata")
  public record Metadata(
      String name,
      List<String> versions,
      String platform,
      List<Tensor> inputs,
      List<Tensor> outputs) {}

  @Schema(name = "TensorMetadata", description = "-1 where a size is free")
  public record Tensor(String name, String datatype, long[] shape) {}

  @Schema(name = "ModelConfig", description = "Triton's, as far as it applies")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Config(
      String name,
      String platform,
      String backend,
      @Schema(description = "0: the batch is one of the dimensions") @JsonProperty("max_batch_size")
          int maxBatchSize,
      List<ConfigTensor> input,
      List<ConfigTensor> output,
      @Schema(description = "missing where the model cannot be stepped")
          @JsonProperty("sequence_batching")
          @Nullable SequenceBatching sequenceBatching) {}

  /**
   * @param optional null where a request must have it
   */
  @Schema(name = "ConfigTensor")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ConfigTensor(
      String name,
      @JsonProperty("data_type") String dataType,
      long[] dims,
      @Nullable Boolean optional) {}

  @Schema(name = "SequenceBatching")
  public record SequenceBatching(
      @JsonProperty("max_sequence_idle_microseconds") long maxSequenceIdleMicroseconds) {}

  @Schema(name = "IndexEntry")
  public record IndexEntry(
      String name,
      String version,
      @Schema(allowableValues = {"LOADING", "READY", "UNLOADING", "UNAVAILABLE"}) String state,
      @Schema(description = "why it is unavailable") String reason) {}

  @Schema(name = "Statistics")
  public record AllStatistics(@JsonProperty("model_stats") List<Statistics> models) {}

  @Schema(name = "ModelStatistics", description = "Triton's; of this process")
  public record Statistics(
      String name,
      String version,
      @Schema(description = "milliseconds since the epoch") @JsonProperty("last_inference")
          long lastInference,
      @Schema(description = "rows computed") @JsonProperty("inference_count") long inferenceCount,
      @Schema(description = "calls of the kernel, of as many rows as were there")
          @JsonProperty("execution_count")
          long executionCount,
      @JsonProperty("inference_stats") InferStats inferenceStats,
      @JsonProperty("batch_stats") List<Object> batchStats) {}

  @Schema(name = "InferStatistics", description = "of requests, and of their parts")
  public record InferStats(
      Duration success,
      Duration fail,
      Duration queue,
      @JsonProperty("compute_input") Duration computeInput,
      @JsonProperty("compute_infer") Duration computeInfer,
      @JsonProperty("compute_output") Duration computeOutput,
      @JsonProperty("cache_hit") Duration cacheHit,
      @JsonProperty("cache_miss") Duration cacheMiss) {}

  @Schema(name = "StatisticDuration", description = "How often, and nanoseconds all together")
  public record Duration(long count, long ns) {
    static final Duration NONE = new Duration(0, 0);
  }
}
