package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.KernelTuning.Packing;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelTuningTest {

  private static KernelTuning with(Parameter parameter, int value) {
    return new KernelTuning(Packing.NO, Map.of(parameter, value));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotSetIsItsDefault(Parameter parameter) {
    assertThat(KernelTuning.DEFAULT.get(parameter)).isEqualTo(parameter.defaultValue());
    assertThat(with(parameter, parameter.defaultValue()).get(parameter))
        .isEqualTo(parameter.defaultValue());
  }

  @ParameterizedTest
  @EnumSource
  void aNegativeSizeIsRefusedByTheNameOfItsSetting(Parameter parameter) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(parameter, -1))
        .withMessageStartingWith("keepgate.tuning.%s is from", parameter.key());
  }

  @Test
  void rowsThatWouldNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(Parameter.PRECOMPUTED_ROWS, 5))
        .withMessage(
            "keepgate.tuning.precomputed-rows is no more than row-major-rows, got 5 and 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(Parameter.PRODUCT_ROWS, 100))
        .withMessage("keepgate.tuning.input-rows is no more than product-rows, got 256 and 100");
  }

  @Test
  void packingIsTimedOnlyWhereItIsLeftOpen() {
    Backend.load(BlasOptions.DEFAULT);
    assertThatIllegalStateException().isThrownBy(KernelTuning.DEFAULT::packs);
    assertThat(KernelTuning.DEFAULT.measured().packing()).isNotEqualTo(Packing.AUTO);
    assertThat(Tunings.PACKING.measured().packing()).isEqualTo(Packing.YES);
    assertThat(Tunings.NOT_PACKING.measured()).isEqualTo(Tunings.NOT_PACKING);
    assertThat(Tunings.PACKING.packs()).isTrue();
    assertThat(Tunings.NOT_PACKING.packs()).isFalse();
  }

  @Test
  void whatIsGivenIsNotFitted() {
    Backend.load(BlasOptions.DEFAULT);
    KernelTuning given =
        new KernelTuning(Packing.YES, Map.of(Parameter.WIDE_PANEL_COLUMNS, 128)).measured();
    assertThat(given.get(Parameter.WIDE_PANEL_COLUMNS)).isEqualTo(128);
    assertThat(given.get(Parameter.ROW_MAJOR_ROWS)).isEqualTo(given.tiles() ? 16 : 4);
  }

  @Test
  void theKernelTellsAllOfItInOneLine() {
    assertThat(new CpuKernel(Tunings.ODD).description())
        .startsWith("native (packing=no, panel-columns=17, ")
        .contains(", time-block-steps=3, ")
        .doesNotContain("\n");
  }
}
