package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A former name of a setting does what it did, and its user is told the present one. */
@ExtendWith(OutputCaptureExtension.class)
class BatchPropertiesTest {

  private static BatchProperties bind(Map<String, String> settings) {
    Binder binder = new Binder(new MapConfigurationPropertySource(settings));
    return binder
        .bindOrCreate("keepgate.batch", DeprecatedBatchProperties.class)
        .applyTo(binder.bindOrCreate("keepgate.batch", BatchProperties.class));
  }

  @Test
  void formerNameIsHeededAndTold(CapturedOutput output) {
    assertThat(bind(Map.of("keepgate.batch.lanes", "3")).workerCount()).isEqualTo(3);
    assertThat(output).contains("keepgate.batch.lanes is now keepgate.batch.workers");
  }

  @Test
  void presentNameHasPrecedence() {
    Map<String, String> both = Map.of("keepgate.batch.lanes", "3", "keepgate.batch.workers", "2");
    assertThat(bind(both).workerCount()).isEqualTo(2);
  }

  @Test
  void presentNameAloneIsNotRemarkedOn(CapturedOutput output) {
    assertThat(bind(Map.of("keepgate.batch.workers", "2")).workerCount()).isEqualTo(2);
    assertThat(bind(Map.of()).workerCount()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(output).doesNotContain("keepgate.batch.lanes");
  }
}
