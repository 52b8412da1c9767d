package dev.keepgate.kernel.backend;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks NVIDIA's driver what there is, by its CUDA Driver API; no kernel is run. */
final class NvidiaDriver {

  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;

  /** CUDA_ERROR_NO_DEVICE, which is no fault of the driver's. */
  private static final int NO_DEVICE = 100;

  /** Where {@code org.bytedeco:cuda}'s redist archive keeps the toolkit's libraries. */
  private static final String BUNDLED = "/org/bytedeco/cuda/linux-x86_64/";

  private static final List<String> LIBRARIES = List.of("libcublas.so.11", "libcusolver.so.11");

  /** The functions of libcuda that are needed, each answering 0 or an error. */
  private interface Cuda extends Library {
    int cuInit(int flags);

    int cuDriverGetVersion(IntByReference version);

    int cuDeviceGetCount(IntByReference count);

    int cuDeviceGet(IntByReference device, int ordinal);

    int cuDeviceGetName(byte[] name, int length, int device);

    int cuDeviceGetAttribute(IntByReference value, int attribute, int device);
  }

  CudaReport report() {
    Cuda cuda;
    try {
      cuda =
          Native.load(
              Platform.isWindows() ? "nvcuda" : "libcuda.so.1",
              Cuda.class,
              Map.of(Library.OPTION_OPEN_FLAGS, OpenBlas.LAZY));
    } catch (UnsatisfiedLinkError e) {
      return without("its library libcuda.so.1 is not installed");
    }
    int error = cuda.cuInit(0);
    if (error != 0 && error != NO_DEVICE) {
      return without("cuInit failed with error " + error);
    }
    IntByReference version = new IntByReference();
    cuda.cuDriverGetVersion(version);
    List<CudaReport.Device> devices = error == NO_DEVICE ? List.of() : devices(cuda);
    return new CudaReport(null, version.getValue(), devices, missingLibrary());
  }

  private static CudaReport without(String problem) {
    return new CudaReport(problem, 0, List.of(), null);
  }

  private static List<CudaReport.Device> devices(Cuda cuda) {
    IntByReference value = new IntByReference();
    cuda.cuDeviceGetCount(value);
    int count = value.getValue();
    List<CudaReport.Device> devices = new ArrayList<>();
    for (int ordinal = 0; ordinal < count; ordinal++) {
      cuda.cuDeviceGet(value, ordinal);
      int device = value.getValue();
      byte[] name = new byte[256];
      cuda.cuDeviceGetName(name, name.length, device);
      devices.add(
          new CudaReport.Device(
              Native.toString(name, StandardCharsets.UTF_8.name()),
              attribute(cuda, COMPUTE_CAPABILITY_MAJOR, device),
              attribute(cuda, COMPUTE_CAPABILITY_MINOR, device)));
    }
    return List.copyOf(devices);
  }

  private static int attribute(Cuda cuda, int attribute, int device) {
    IntByReference value = new IntByReference();
    cuda.cuDeviceGetAttribute(value, attribute, device);
    return value.getValue();
  }

  private static @Nullable String missingLibrary() {
    if (Platform.isWindows()) {
      return null;
    }
    return LIBRARIES.stream().filter(name -> !isThere(name)).findFirst().orElse(null);
  }

  private static boolean isThere(String library) {
    if (NvidiaDriver.class.getResource(BUNDLED + library) != null) {
      return true;
    }
    try {
      NativeLibrary.getInstance(library, Map.of(Library.OPTION_OPEN_FLAGS, OpenBlas.LAZY));
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
