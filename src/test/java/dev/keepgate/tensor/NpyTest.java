package dev.keepgate.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arrays as NumPy saves them. */
class NpyTest {

  /** What {@code numpy.save(f, numpy.array([[1, 2], [3, -4.5]], numpy.float32))} writes. */
  private static final byte[] SAVED =
      bytes(
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
          1,
          "AACAPwAAAEAAAEBAAACQwA==");

  private static byte[] bytes(String header, int version, String numbers) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    int padding = Math.floorMod(-(10 + (version > 1 ? 2 : 0) + header.length() + 1), 64);
    byte[] text = (header + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    out.writeBytes(new byte[] {(byte) text.length, (byte) (text.length >> 8)});
    out.writeBytes(version > 1 ? new byte[2] : new byte[0]);
    out.writeBytes(text);
    out.writeBytes(Base64.getDecoder().decode(numbers));
    return out.toByteArray();
  }

  private static Tensor read(byte[] body) {
    return Npy.read(body, body.length, ArrayMemory.UNBOUNDED);
  }

  @Test
  void whatIsWrittenIsWhatNumpySaves() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Npy.write(out, Tensor.Floats.of(new float[] {1, 2, 3, -4.5f}, 2, 2));
    assertThat(out.toByteArray()).isEqualTo(SAVED);
    assertThat(((Tensor.Floats) read(SAVED)).values()).containsExactly(1, 2, 3, -4.5f);
    assertThat(read(SAVED).shape()).containsExactly(2, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "<f8, 1, AAAAAAAA8D8AAAAAAAAAQA==",
    ">f8, 2, P/AAAAAAAABAAAAAAAAAAA==",
    "<i8, 3, AQAAAAAAAAACAAAAAAAAAA==",
    ">i4, 1, AAAAAQAAAAI=",
    "|u1, 1, AQI=",
    "<f2, 1, ADwAQA=="
  })
  void typesAndOrdersOfBytesAreRead(String type, int version, String numbers) {
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }".formatted(type);
    Tensor tensor = read(bytes(header, version, numbers));
    assertThat(tensor.shape()).containsExactly(2);
    String values =
        tensor instanceof Tensor.Ints ints
            ? Arrays.toString(ints.values())
            : tensor instanceof Tensor.Doubles doubles
                ? Arrays.toString(doubles.values())
                : Arrays.toString(((Tensor.Floats) tensor).values());
    assertThat(values).matches("\\[1(\\.0)?, 2(\\.0)?]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }~Fortran",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }~no plain array",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }~type c8",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }~16 bytes",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }~shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 4, 9), }~16 bytes",
        "{'descr': __import__('os').system('true'), 'shape': (1,)}~no plain array"
      })
  void whatIsNoPlainArrayIsRefused(String header, String detail) {
    assertRefused(bytes(header, 1, "AACAPwAAAEAAAEBAAACQwA=="), detail);
  }

  @Test
  void whatIsCutIsRefused() {
    for (int size = 0; size < SAVED.length; size++) {
      byte[] cut = Arrays.copyOf(SAVED, size);
      assertThatExceptionOfType(TensorFormatException.class).isThrownBy(() -> read(cut));
    }
    assertRefused(Arrays.copyOf(SAVED, SAVED.length + 1), "17 bytes");
  }

  private static void assertRefused(byte[] body, String detail) {
    assertThatExceptionOfType(TensorFormatException.class)
        .isThrownBy(() -> read(body))
        .withMessageContaining(detail);
  }
}
