package dev.keepgate.registry;

import dev.keepgate.importer.ImportLimits;
import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.model.ModelId;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Where models are kept and how much memory they may take.
 *
 * @param repository the folder of models
 * @param memoryBudget memory of all compiled models together, off the heap; null for the share of
 *     the machine's that is theirs
 * @param importMemory heap that model files may be read into at once; null for their share of it
 * @param importLimits bounds of what is read from one model's files
 */
@ConfigurationProperties("keepgate")
@Validated
public record RegistryProperties(
    @DefaultValue @Valid Repository repository,
    @Nullable DataSize memoryBudget,
    @Nullable DataSize importMemory,
    @DefaultValue @Valid Limits importLimits) {

  /**
   * @throws IllegalArgumentException if a size or a duration is not positive
   */
  public RegistryProperties {
    if (memoryBudget != null) {
      requirePositive("keepgate.memory-budget", memoryBudget.toBytes());
    }
  }

  /** With the plan's parts, which heed what is set here. */
  public RegistryProperties within(MemoryPlan plan) {
    return new RegistryProperties(
        repository,
        DataSize.ofBytes(plan.models()),
        DataSize.ofBytes(plan.imports()),
        importLimits);
  }

  /** Once it is {@link #within} a plan. */
  public long memoryBudgetBytes() {
    return Objects.requireNonNull(memoryBudget).toBytes();
  }

  /** Once it is {@link #within} a plan. */
  public long importMemoryBytes() {
    return Objects.requireNonNull(importMemory).toBytes();
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be positive, got " + value);
    }
  }

  /** Which models a server has that come with it. */
  public enum BuiltIn {
    /**
     * The notebook's models until a client deletes them, except those whose names the repository
     * has; none where the server has replicas or a single model.
     */
    AUTO,
    /** The same at every start, deleted or not, with replicas too. */
    ALWAYS,
    NEVER
  }

  /**
   * The folder of models, {@code <path>/<model>/<version>/}.
   *
   * @param path of the folder; made where it does not exist
   * @param pollInterval time between two looks for folders that came or went; never looks where it
   *     is not set
   * @param loadParallelism models that are loaded at once when the server starts
   * @param maxVersions versions of all models together
   * @param builtIn whether the notebook's models are served: auto (until they are deleted; not with
   *     replicas or a single model), always or never
   * @param singleModel a name for files that lie in the folder itself, which are then its version
   *     1; its version folders may lie there too. KServe mounts a model so. Where it is not set,
   *     every model has a folder of its own
   * @param minFree space of the disk that uploads leave free; what would take it is refused, and
   *     health says so where there is less
   * @param maxLabels labels of one model
   */
  public record Repository(
      @DefaultValue("./models") Path path,
      @Nullable Duration pollInterval,
      @DefaultValue("4") @Min(1) @Max(256) int loadParallelism,
      @DefaultValue("10000") @Min(1) int maxVersions,
      @DefaultValue("auto") BuiltIn builtIn,
      @Nullable String singleModel,
      @DefaultValue("1MB") DataSize minFree,
      @DefaultValue("100") @Min(1) int maxLabels) {

    public Repository {
      if (minFree.isNegative()) {
        throw new IllegalArgumentException(
            "keepgate.repository.min-free must not be negative, got " + minFree);
      }
      if (singleModel != null && !ModelId.isName(singleModel)) {
        throw new IllegalArgumentException(
            "keepgate.repository.single-model: '" + singleModel + "' is no name of a model");
      }
      if (pollInterval != null) {
        requirePositive("keepgate.repository.poll-interval", pollInterval.toMillis());
      }
    }
  }

  /**
   * Bounds of one model's files.
   *
   * @param maxSize of its numbers, decompressed
   * @param maxHeaderSize of a header, a configuration or a graph without its numbers
   * @param maxTensors in one file
   * @param maxExpectedCases of the answers that a model is to give
   * @param maxExpectedSize of their file
   */
  public record Limits(
      @DefaultValue("4GB") DataSize maxSize,
      @DefaultValue("64MB") DataSize maxHeaderSize,
      @DefaultValue("10000") @Min(1) int maxTensors,
      @DefaultValue("100") @Min(1) int maxExpectedCases,
      @DefaultValue("4MB") DataSize maxExpectedSize) {

    public Limits {
      requirePositive("keepgate.import-limits.max-size", maxSize.toBytes());
      requirePositive("keepgate.import-limits.max-header-size", maxHeaderSize.toBytes());
      if (maxHeaderSize.toBytes() > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "keepgate.import-limits.max-header-size must be less than 2 GB");
      }
      requirePositive("keepgate.import-limits.max-expected-size", maxExpectedSize.toBytes());
      if (maxExpectedSize.toBytes() > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "keepgate.import-limits.max-expected-size must be less than 2 GB");
      }
    }

    public ImportLimits toImportLimits() {
      return new ImportLimits(
          maxSize.toBytes(),
          (int) maxHeaderSize.toBytes(),
          maxTensors,
          new ImportLimits.Expected(maxExpectedCases, (int) maxExpectedSize.toBytes()));
    }
  }
}
