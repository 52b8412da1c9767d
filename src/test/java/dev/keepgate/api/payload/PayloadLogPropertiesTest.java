package dev.keepgate.api.payload;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class PayloadLogPropertiesTest {

  private static PayloadLogProperties of(DataSize maxBody) {
    return new PayloadLogProperties(null, 1, maxBody, DataSize.ofMegabytes(1), 1);
  }

  /** Else every request that is sampled would fail by it. */
  @Test
  void bodyThatFitsNoArrayIsRefusedAtTheStart() {
    for (DataSize size : new DataSize[] {DataSize.ofGigabytes(3), DataSize.ofBytes(0)}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> of(size))
          .withMessageContaining("keepgate.payload-log.max-body");
    }
    assertThatCode(() -> of(DataSize.ofMegabytes(64))).doesNotThrowAnyException();
  }
}
