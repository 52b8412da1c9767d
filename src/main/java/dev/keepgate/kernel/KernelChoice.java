package dev.keepgate.kernel;

import java.util.function.Supplier;

/** The kernels by the names that configuration gives them. */
public enum KernelChoice {
  /** The fastest that the backend has. */
  AUTO(PortableKernel::new),
  PORTABLE(PortableKernel::new),
  /** In double precision and plain loops: slow. */
  REFERENCE(ReferenceKernel::new);

  private final Supplier<LstmKernel> kernel;

  KernelChoice(Supplier<LstmKernel> kernel) {
    this.kernel = kernel;
  }

  /** A kernel; the backend must have been loaded. */
  public LstmKernel kernel() {
    return kernel.get();
  }
}
