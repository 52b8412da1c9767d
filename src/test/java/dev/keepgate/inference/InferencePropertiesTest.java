package dev.keepgate.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class InferencePropertiesTest {

  private static InferenceProperties withCheck(Duration check) {
    return new InferenceProperties(
        DataSize.ofMegabytes(1), null, Duration.ofSeconds(1), 100, 100, check);
  }

  @Test
  void clientIsLookedForAtMostOnceAMillisecond() {
    assertThat(withCheck(Duration.ofMillis(1)).clientCheck()).hasMillis(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> withCheck(Duration.ZERO))
        .withMessage("keepgate.inference.client-check is 1ms at least, got PT0S");
    assertThatIllegalArgumentException().isThrownBy(() -> withCheck(Duration.ofMillis(-1)));
  }
}
