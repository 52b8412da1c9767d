package dev.keepgate.kernel.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CoreTypeTest {

  private static final Set<String> AVX2 = Set.of("avx", "avx2", "fma");
  private static final Set<String> AVX512 =
      Set.of("avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl");

  @Test
  void autoTakesAvx512WhereItIsThere() {
    assertThat(CoreType.choose("auto", null, AVX512)).isEqualTo("SkylakeX");
    assertThat(CoreType.choose("auto", null, AVX2)).isNull();
    assertThat(CoreType.choose("auto", null, Set.of())).isNull();
  }

  @Test
  void autoTakesAvx512OnlyWhereAllOfItIsThere() {
    for (String missing : AVX512) {
      if (missing.startsWith("avx512")) {
        Set<String> flags = new HashSet<>(AVX512);
        flags.remove(missing);
        assertThat(CoreType.choose("auto", null, flags)).as("without %s", missing).isNull();
      }
    }
  }

  @Test
  void autoOverrulesAnEnvironmentThatIsSlower() {
    assertThat(CoreType.choose("auto", "Haswell", AVX512)).isEqualTo("SkylakeX");
    assertThat(CoreType.choose("auto", "Cooperlake", AVX512)).isNull();
    assertThat(CoreType.choose("auto", "Haswell", AVX2)).isNull();
  }

  @Test
  void noneLeavesTheEnvironmentAlone() {
    assertThat(CoreType.choose("none", "Haswell", AVX512)).isNull();
    assertThat(CoreType.choose("none", null, AVX512)).isNull();
  }

  @Test
  void aNameIsTaken() {
    assertThat(CoreType.choose("Haswell", "Zen", AVX512)).isEqualTo("Haswell");
    assertThat(CoreType.choose("Cooperlake", null, AVX512)).isEqualTo("Cooperlake");
    // Where nothing is known of the processor, who sets the name knows.
    assertThat(CoreType.choose("SkylakeX", null, Set.of())).isEqualTo("SkylakeX");
  }

  @Test
  void aNameThatWouldCrashIsRefused() {
    assertThatThrownBy(() -> CoreType.choose("SkylakeX", null, AVX2))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("SkylakeX")
        .hasMessageContaining("AVX-512");
  }

  @Test
  void flagsAreReadFromCpuinfo() {
    assertThat(
            CoreType.flags(
                Stream.of(
                    "processor\t: 0",
                    "flags\t\t: fpu avx2 avx512f",
                    "bugs\t\t: spectre_v1",
                    "flags\t\t: other")))
        .contains("fpu", "avx2", "avx512f")
        .doesNotContain("other", "spectre_v1");
    assertThat(CoreType.flags(Stream.of("Features\t: fp asimd"))).isEmpty();
  }
}
