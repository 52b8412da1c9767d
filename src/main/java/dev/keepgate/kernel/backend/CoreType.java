package dev.keepgate.kernel.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whose kernels OpenBLAS is told to take, so that a processor with AVX-512 gets them from a release
 * that does not know it, and where the environment says otherwise: the AVX2 kernels, which a
 * machine image may name so that results are the same everywhere, are two to ten times slower.
 */
final class CoreType {

  static final String VARIABLE = "OPENBLAS_CORETYPE";

  private static final String AVX512 = "SkylakeX";
  private static final Set<String> NEEDS_AVX512 =
      Set.of("skylakex", "cooperlake", "sapphirerapids");
  private static final Set<String> AVX512_FLAGS =
      Set.of("avx512f", "avx512dq", "avx512bw", "avx512vl");

  private CoreType() {}

  /**
   * Decides.
   *
   * @param setting of {@link BlasOptions#coreType()}
   * @param environment the variable's value in the environment; null where it is not set
   * @param flags what the processor can; empty where that is not known
   * @return the variable's new value; null to leave it as it is
   * @throws BackendException if the processor is known and cannot run what the setting names
   */
  static @Nullable String choose(String setting, @Nullable String environment, Set<String> flags) {
    boolean hasAvx512 = flags.containsAll(AVX512_FLAGS);
    if (setting.equalsIgnoreCase(BlasOptions.NONE)) {
      return null;
    }
    if (setting.equalsIgnoreCase(BlasOptions.AUTO)) {
      boolean isFast = environment != null && needsAvx512(environment);
      return hasAvx512 && !isFast ? AVX512 : null;
    }
    if (needsAvx512(setting) && !flags.isEmpty() && !hasAvx512) {
      // OpenBLAS would believe it, and the first product would be an illegal instruction.
      throw new BackendException(
          "The BLAS core type %s needs a processor with AVX-512 (f, dq, bw, vl), which this is not"
              .formatted(setting));
    }
    return setting;
  }

  private static boolean needsAvx512(String coreType) {
    return NEEDS_AVX512.contains(coreType.toLowerCase(Locale.ROOT));
  }

  /** The flags of Linux' first processor; empty where there is no such file. */
  static Set<String> processorFlags() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return Set.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return flags(lines);
    } catch (IOException e) {
      return Set.of();
    }
  }

  static Set<String> flags(Stream<String> cpuinfo) {
    return cpuinfo
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(line -> Set.copyOf(Arrays.asList(line.split("\\s+"))))
        .orElse(Set.of());
  }
}
