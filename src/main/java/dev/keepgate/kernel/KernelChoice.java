package dev.keepgate.kernel;

/** The kernels by the names that configuration gives them. */
public enum KernelChoice {
  /** The fastest that the backend has. */
  AUTO,
  PORTABLE,
  /** In double precision and plain loops: slow. */
  REFERENCE;

  /** A kernel; the backend must have been loaded. */
  public LstmKernel kernel() {
    return switch (this) {
      case AUTO, PORTABLE -> new PortableKernel();
      case REFERENCE -> new ReferenceKernel();
    };
  }
}
