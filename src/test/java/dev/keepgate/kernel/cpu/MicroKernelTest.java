package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import dev.keepgate.kernel.KernelAgreement;
import dev.keepgate.kernel.RandomModels;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Its products are held against plain loops by {@link PackedWeightsTest}. */
class MicroKernelTest {

  private static final int CASES = 60;

  /** Computes with another core's kernels: a process takes those of one. */
  static final class OfAnotherCore {
    public static void main(String[] args) {
      String core = Backend.load(new BlasOptions(args[0], 1)).coreType();
      List<RandomModels.Case> cases = RandomModels.cases(CASES).toList();
      for (RandomModels.Case each : cases) {
        KernelAgreement.assertAgree(new CpuKernel(), each);
        KernelAgreement.assertAgree(new CpuKernel(Tunings.PACKING), each);
      }
      System.out.printf(
          "core %s, usable %s, tiles %s, %d agree%n",
          core, MicroKernel.isUsable(), KernelTuning.DEFAULT.measured().tiles(), cases.size());
    }
  }

  @Test
  void isUsedOnTheCoresWhoseTilesAreKnown() {
    String core = Backend.load(BlasOptions.DEFAULT).coreType().toUpperCase(Locale.ROOT);
    boolean isKnown = Platform.isLinux() && Set.of("HASWELL", "ZEN").contains(core);
    assertThat(MicroKernel.isUsable()).isEqualTo(isKnown);
    assertThat(KernelTuning.DEFAULT.measured().tiles()).isEqualTo(isKnown);
  }

  /** Processors with AVX-512 go other ways by themselves, and have AVX2 too. */
  @ParameterizedTest
  @ValueSource(strings = {"Haswell", "Zen"})
  void agreesWithTheReferenceOnEveryProcessorWithAvx2(String core) throws Exception {
    if (!hasAvx2()) {
      Backend.load(BlasOptions.DEFAULT);
      assertThat(MicroKernel.isUsable()).isFalse();
      return;
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OfAnotherCore.class.getName(),
                core)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as(output).isTrue();
    assertThat(output)
        .contains("core %s, usable true, tiles true, %d agree".formatted(core, CASES));
  }

  private static boolean hasAvx2() throws IOException {
    Path processors = Path.of("/proc/cpuinfo");
    return Files.exists(processors) && Files.readString(processors).contains(" avx2 ");
  }
}
