package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.kernel.cpu.KernelTuning.Packing;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class KernelPropertiesTest {

  private static KernelProperties bind(Map<String, Object> settings) {
    // Named so that names are read as those of environment variables.
    PropertySource<?> source =
        new SystemEnvironmentPropertySource(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, settings);
    return new Binder(ConfigurationPropertySources.from(source))
        .bindOrCreate("keepgate", KernelProperties.class);
  }

  @Test
  void whatIsNotSetIsTimedAndMeasured() {
    KernelProperties properties = bind(Map.of());
    assertThat(properties.kernelTuning().values()).isEmpty();
    assertThat(properties.kernelTuning().packing()).isEqualTo(Packing.AUTO);
  }

  @Test
  void tuningIsSetByName() {
    KernelProperties properties =
        bind(Map.of("KEEPGATE_TUNING_TIMEBLOCKSTEPS", "3", "KEEPGATE_BLAS_PACKING", "yes"));
    assertThat(properties.kernelTuning().values())
        .containsExactly(Map.entry(Parameter.TIME_BLOCK_STEPS, 3));
    assertThat(properties.kernelTuning().packing()).isEqualTo(Packing.YES);
  }

  @ParameterizedTest
  @CsvSource({
    "KEEPGATE_TUNING_TIMEBLOCKSTEPS, 0, keepgate.tuning.time-block-steps is from 1 to 1024",
    "KEEPGATE_TUNING_STRETCH, 3, for value [stretch]",
    "KEEPGATE_BLAS_PACKING, perhaps, Packing"
  })
  void whatCannotBeIsRefused(String name, String value, String message) {
    assertThatThrownBy(() -> bind(Map.of(name, value))).hasStackTraceContaining(message);
  }
}
