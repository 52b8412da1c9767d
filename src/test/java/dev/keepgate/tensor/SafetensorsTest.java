package dev.keepgate.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.ModelBytes;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Bodies in safetensors: what is not as the format has it is refused, with what is wrong. */
class SafetensorsTest {

  private static final byte[] BODY =
      ModelBytes.safetensors("{" + ModelBytes.entry("x", "F32", "[2]", 0, 8) + "}", new byte[8]);

  @Test
  void tensorsCoverTheBody() {
    assertThat(Safetensors.read(BODY).get("x")).isInstanceOf(Tensor.Floats.class);
    assertRefused(Arrays.copyOf(BODY, BODY.length + 1), "1 bytes follow the last tensor");
    assertRefused(Arrays.copyOf(BODY, BODY.length - 1), "needs 8 bytes and claims [0, 8] of 7");
  }

  @Test
  void roomBetweenTensorsIsRefused() {
    String header =
        "{%s,%s}"
            .formatted(
                ModelBytes.entry("x", "F32", "[1]", 0, 4),
                ModelBytes.entry("h", "F32", "[1]", 8, 12));
    assertRefused(ModelBytes.safetensors(header, new byte[12]), "begins at byte 8, 4 bytes behind");
  }

  @Test
  void tenThousandDimensionsAreRefused() {
    assertShapeRefused(
        "[" + "1,".repeat(9_999) + "1]", "its shape has more than the 32 numbers allowed");
    assertShapeRefused(
        "[".repeat(10_000) + "1" + "]".repeat(10_000), "its shape is no array of whole numbers");
  }

  private static void assertShapeRefused(String shape, String why) {
    String entry = ModelBytes.entry("x", "F32", shape, 0, 4);
    assertRefused(ModelBytes.safetensors("{" + entry + "}", new byte[4]), why);
  }

  private static void assertRefused(byte[] body, String why) {
    assertThatExceptionOfType(TensorFormatException.class)
        .isThrownBy(() -> Safetensors.read(body))
        .withMessageContaining(why);
  }
}
