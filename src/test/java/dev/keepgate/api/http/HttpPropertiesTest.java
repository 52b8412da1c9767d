package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class HttpPropertiesTest {

  private static HttpProperties withBuffer(DataSize buffer) {
    return new HttpProperties(DataSize.ofMegabytes(1), DataSize.ofMegabytes(1), buffer);
  }

  @Test
  void socketBuffersHaveBounds() {
    assertThat(withBuffer(DataSize.ofKilobytes(1)).socketBuffer().toKilobytes()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> withBuffer(DataSize.ofBytes(0)))
        .withMessage("keepgate.http.socket-buffer is from 1KB to 16MB, got 0B");
    assertThatIllegalArgumentException().isThrownBy(() -> withBuffer(DataSize.ofMegabytes(17)));
  }
}
