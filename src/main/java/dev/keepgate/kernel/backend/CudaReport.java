package dev.keepgate.kernel.backend;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What of CUDA was found, without running anything on it.
 *
 * @param driverProblem why the driver does not answer; null where it does
 * @param driverVersion 1000 * major + 10 * minor of the newest CUDA that the driver knows
 * @param devices that the driver shows to this process
 * @param missingLibrary a library of the CUDA toolkit that cannot be loaded; null where all can
 */
record CudaReport(
    @Nullable String driverProblem,
    int driverVersion,
    List<Device> devices,
    @Nullable String missingLibrary) {

  private static final int CUDA_11 = 11_000;

  /**
   * For what nd4j-cuda-11.6 1.0.0-M2.1 has machine code, as 10 * major + minor. It has no PTX, from
   * which a driver could make code for others.
   */
  private static final List<Integer> COMPILED = List.of(37, 50, 52, 60, 61, 70, 75, 80, 86);

  /**
   * A GPU.
   *
   * @param major of its compute capability
   * @param minor of its compute capability
   */
  record Device(String name, int major, int minor) {

    /** Code runs on the capability that it was compiled for, and on later ones of one major. */
    boolean isSupported() {
      return COMPILED.stream()
          .anyMatch(compiled -> compiled / 10 == major && compiled % 10 <= minor);
    }

    String computeCapability() {
      return major + "." + minor;
    }
  }

  /** One line that says why ND4J cannot run here, and what helps; null where it can. */
  @Nullable String problem() {
    if (driverProblem != null) {
      return ("This build computes on an NVIDIA GPU, but the driver does not answer: %s. Install it;"
              + " give a container its GPU (docker run --gpus all, a pod's nvidia.com/gpu); or use"
              + " the CPU build")
          .formatted(driverProblem);
    }
    if (driverVersion < CUDA_11) {
      return ("This build needs an NVIDIA driver for CUDA 11 or newer; this one is for CUDA %d.%d."
              + " Install a newer one, or use the CPU build")
          .formatted(driverVersion / 1000, driverVersion % 1000 / 10);
    }
    if (devices.isEmpty()) {
      return "This build computes on an NVIDIA GPU, but the driver shows none: see what"
          + " CUDA_VISIBLE_DEVICES hides, or use the CPU build";
    }
    for (Device device : devices) {
      if (!device.isSupported()) {
        return ("The GPU %s has compute capability %s; ND4J's CUDA release has code for 3.7, 5.x to"
                + " 8.x only. Hide it with CUDA_VISIBLE_DEVICES, or use the CPU build")
            .formatted(device.name(), device.computeCapability());
      }
    }
    if (missingLibrary != null) {
      return ("This build needs %s of the CUDA 11 toolkit, which cannot be loaded. Install it, build"
              + " the image on NVIDIA's of CUDA 11, or use the CPU build")
          .formatted(missingLibrary);
    }
    return null;
  }

  String deviceNames() {
    return devices.stream().map(Device::name).collect(Collectors.joining(", "));
  }

  String computeCapabilities() {
    return devices.stream().map(Device::computeCapability).collect(Collectors.joining(", "));
  }
}
