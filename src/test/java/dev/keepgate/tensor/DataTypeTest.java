package dev.keepgate.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stored numbers are read as what they are, whatever their type. */
class DataTypeTest {

  /** Values of IEEE 754's binary16: its table of examples, and both ends of each kind. */
  @ParameterizedTest
  @CsvSource({
    "0x0000, 0.0",
    "0x8000, -0.0",
    "0x0001, 5.9604645E-8",
    "0x83ff, -6.097555E-5",
    "0x0400, 6.1035156E-5",
    "0x3555, 0.33325195",
    "0x3c00, 1.0",
    "0xc000, -2.0",
    "0x7bff, 65504.0",
    "0x7c00, Infinity",
    "0xfc00, -Infinity",
    "0x7e00, NaN",
  })
  void halfFloats(String bits, float value) {
    assertThat(floats(DataType.F16, bytes(2).putShort((short) (int) Integer.decode(bits))))
        .containsExactly(value);
  }

  @ParameterizedTest
  @CsvSource({
    "F64, 0x3ff8000000000000, 1.5",
    "F32, 0x3fc00000, 1.5",
    "BF16, 0xbfc0, -1.5",
    "I64, -3, -3",
    "U64, 3, 3",
    "U64, -1, 1.8446744073709552E19",
    "I32, -3, -3",
    "U32, -1, 4294967295",
    "I16, -3, -3",
    "U16, -1, 65535",
    "I8, -3, -3",
    "U8, -1, 255",
  })
  void numbersOfEachType(DataType type, String bits, float value) {
    long number = Long.decode(bits);
    byte[] little = bytes(8).putLong(number).array();
    ByteBuffer bytes = ByteBuffer.wrap(little, 0, type.width()).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(floats(type, bytes.position(type.width()))).containsExactly(value);
  }

  @ParameterizedTest
  @CsvSource({
    "I64, 2147483648, 2147483648",
    "I64, -2147483649, -2147483649",
    "U64, -1, 18446744073709551615",
    "U32, -1, 4294967295",
  })
  void wholeNumbersBeyondAnIntAreRefused(DataType type, long bits, String number) {
    byte[] little = bytes(8).putLong(bits).array();
    ByteBuffer bytes = ByteBuffer.wrap(little, 0, type.width()).order(ByteOrder.LITTLE_ENDIAN);
    assertThatExceptionOfType(TensorFormatException.class)
        .isThrownBy(() -> type.toInts(bytes, "/x"))
        .withMessage("holds " + number + ", beyond the range of a 32-bit integer");
  }

  @Test
  void wholeNumbersKeepTheirValueAndOrder() {
    ByteBuffer bytes = bytes(4).putShort((short) -1).putShort((short) 7).flip();
    assertThat(DataType.I16.toInts(bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN), "/x"))
        .containsExactly(-1, 7);
    assertThat(DataType.U16.toInts(bytes.duplicate().order(ByteOrder.BIG_ENDIAN), "/x"))
        .containsExactly(0xffff, 0x0700);
  }

  private static float[] floats(DataType type, ByteBuffer bytes) {
    float[] values = new float[1];
    type.toFloats(bytes.flip(), values, 0);
    return values;
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
