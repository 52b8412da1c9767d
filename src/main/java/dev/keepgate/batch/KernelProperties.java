package dev.keepgate.batch;

import dev.keepgate.kernel.BlasOptions;
import dev.keepgate.kernel.KernelChoice;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What the workers compute with.
 *
 * @param kernel which arithmetic
 * @param blas how the library of matrix products runs
 */
@Validated
@ConfigurationProperties("keepgate")
public record KernelProperties(
    @DefaultValue("auto") KernelChoice kernel, @DefaultValue @Valid Blas blas) {

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
      @DefaultValue("auto") BlasOptions.Packing packing) {

    BlasOptions toOptions() {
      return new BlasOptions(coreType, threads, packing);
    }
  }
}
