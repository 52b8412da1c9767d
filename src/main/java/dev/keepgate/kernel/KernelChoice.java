package dev.keepgate.kernel;

/** The kernels by the names that configuration gives them. */
public enum KernelChoice {
  /** The fastest that the backend has. */
  AUTO,
  /** For CPUs only. */
  NATIVE,
  PORTABLE,
  /** In double precision and plain loops: slow. */
  REFERENCE;

  /** A kernel; the backend must have been loaded. */
  public LstmKernel kernel() {
    return switch (this) {
      case AUTO -> Backend.isCuda() ? new PortableKernel() : new NativeKernel();
      case NATIVE -> new NativeKernel();
      case PORTABLE -> new PortableKernel();
      case REFERENCE -> new ReferenceKernel();
    };
  }
}
