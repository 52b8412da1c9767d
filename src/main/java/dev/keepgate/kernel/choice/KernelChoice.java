package dev.keepgate.kernel.choice;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.cpu.KernelTuning;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;

/** The kernels by the names that configuration gives them. */
public enum KernelChoice {
  /** The fastest that the backend has. */
  AUTO,
  /** BLAS on packed weights; on a CPU backend only. */
  NATIVE,
  /** ND4J's own operations, on whatever backend there is. */
  PORTABLE,
  /** In double precision and plain loops: slow. */
  REFERENCE;

  /**
   * A kernel; the backend must have been loaded.
   *
   * @param tuning of the CPU's kernel
   * @throws IllegalArgumentException if the backend has no such kernel
   */
  public LstmKernel kernel(KernelTuning tuning) {
    return switch (this) {
      case AUTO -> Backend.isCuda() ? new Nd4jKernel() : new CpuKernel(tuning);
      case NATIVE -> {
        if (Backend.isCuda()) {
          throw new IllegalArgumentException(
              "keepgate.kernel=native computes on the CPU, and this was built for a GPU");
        }
        yield new CpuKernel(tuning);
      }
      case PORTABLE -> new Nd4jKernel();
      case REFERENCE -> new ReferenceKernel();
    };
  }
}
