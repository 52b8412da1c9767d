package dev.keepgate.batch;

import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.choice.KernelChoice;
import dev.keepgate.kernel.cpu.KernelTuning;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What the workers compute with.
 *
 * @param kernel which arithmetic
 * @param blas how the library of matrix products runs
 * @param tuning sizes at which the CPU's kernel goes one way and not another, by their names
 */
@Validated
@ConfigurationProperties("keepgate")
public record KernelProperties(
    @DefaultValue("auto") KernelChoice kernel,
    @DefaultValue @Valid Blas blas,
    @DefaultValue Map<KernelTuning.Parameter, Integer> tuning) {

  /** Refuses a tuning that the kernel would refuse. */
  public KernelProperties {
    new KernelTuning(blas.packing(), tuning);
  }

  KernelTuning kernelTuning() {
    return new KernelTuning(blas.packing(), tuning);
  }

  /**
   * How the CPU's BLAS runs; a GPU has its own.
   *
   * @param coreType for which processor OpenBLAS takes its kernels: auto for AVX-512 where it is
   *     there, none to leave it to OpenBLAS, or a name that OpenBLAS knows
   * @param threads threads of one call
   * @param packing whether OpenBLAS packs small products: auto as timed at the start, yes, or no
   */
  public record Blas(
      @DefaultValue(BlasOptions.AUTO) @NotBlank String coreType,
      @DefaultValue("1") @Min(1) @Max(1024) int threads,
      @DefaultValue("auto") KernelTuning.Packing packing) {

    BlasOptions toOptions() {
      return new BlasOptions(coreType, threads);
    }
  }
}
