package dev.keepgate.kernel.backend;

import com.sun.jna.Platform;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Loads ND4J, once in a process and before anything else touches it: what its libraries read from
 * the environment, they read when they are loaded.
 */
public final class Backend {

  private static final String CUDA_BACKEND = "/org/nd4j/linalg/jcublas/JCublasBackend.class";

  private static @Nullable BackendInfo loaded;

  private Backend() {}

  /**
   * Loads the backend that is on the class path. A second call answers what the first one loaded.
   *
   * @throws BackendException if it cannot run here
   */
  public static synchronized BackendInfo load(BlasOptions options) {
    if (loaded == null) {
      loaded = isCuda() ? loadCuda() : loadCpu(options);
    }
    return loaded;
  }

  /** Whether this was built for a GPU. */
  public static boolean isCuda() {
    return Backend.class.getResource(CUDA_BACKEND) != null;
  }

  private static BackendInfo loadCuda() {
    CudaReport report = new NvidiaDriver().report();
    String problem = report.problem();
    if (problem != null) {
      throw new BackendException(problem);
    }
    touch();
    return new BackendInfo(
        "nd4j-cuda (%s)".formatted(report.deviceNames()),
        "cuBLAS",
        report.computeCapabilities(),
        1,
        Runtime.getRuntime().availableProcessors());
  }

  private static BackendInfo loadCpu(BlasOptions options) {
    String coreType =
        CoreType.choose(
            options.coreType(), System.getenv(CoreType.VARIABLE), CoreType.processorFlags());
    if (coreType != null) {
      ProcessEnvironment.set(CoreType.VARIABLE, coreType);
    }
    if (!Platform.isWindows()) {
      // Every thread's own count begins with this one; ND4J sets only that of the thread it is
      // loaded on.
      ProcessEnvironment.set("OMP_NUM_THREADS", Integer.toString(options.threads()));
    }
    touch();
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(options.threads());
    Nd4j.factory().blas().setMaxThreads(options.threads());
    List<OpenBlas> copies = OpenBlas.loaded();
    copies.forEach(copy -> copy.openblas_set_num_threads(options.threads()));
    BackendInfo info = cpuInfo(copies);
    if (coreType != null && !copies.isEmpty() && !coreType.equalsIgnoreCase(info.coreType())) {
      throw new BackendException(
          "%s has no kernels for the core type %s; it took %s"
              .formatted(info.blas(), coreType, info.coreType()));
    }
    return info;
  }

  private static void touch() {
    try {
      Nd4j.create(1).close();
    } catch (LinkageError | RuntimeException e) {
      throw new BackendException("ND4J cannot be loaded: " + rootOf(e).getMessage(), e);
    }
  }

  private static Throwable rootOf(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static BackendInfo cpuInfo(List<OpenBlas> copies) {
    int processors = Runtime.getRuntime().availableProcessors();
    if (copies.isEmpty()) {
      // JavaCPP takes MKL in place of OpenBLAS where it is told to.
      return new BackendInfo(
          "nd4j-native (CPU)",
          Nd4j.factory().blas().getBlasVendor().toString(),
          "unknown",
          Nd4j.factory().blas().getMaxThreads(),
          processors);
    }
    // "OpenBLAS 0.3.31 DYNAMIC_ARCH ..."
    String[] config = copies.get(0).openblas_get_config().split(" ");
    return new BackendInfo(
        "nd4j-native (CPU)",
        config.length > 1 ? config[0] + " " + config[1] : config[0],
        copies.get(0).openblas_get_corename(),
        copies.stream().mapToInt(OpenBlas::openblas_get_num_threads).max().orElse(1),
        processors);
  }
}
