package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Platform;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Its products are held against plain loops by {@link PackedWeightsTest}. */
class MicroKernelTest {

  @Test
  void isUsedOnTheCoresWhoseTilesAreKnown() {
    String core = Backend.load(BlasOptions.DEFAULT).coreType().toUpperCase(Locale.ROOT);
    boolean isKnown = Platform.isLinux() && Set.of("HASWELL", "ZEN").contains(core);
    assertThat(MicroKernel.isUsable()).isEqualTo(isKnown);
    assertThat(KernelTuning.DEFAULT.measured().tiles()).isEqualTo(isKnown);
  }
}
