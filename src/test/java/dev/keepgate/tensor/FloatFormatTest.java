package dev.keepgate.tensor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.io.NumberOutput;

class FloatFormatTest {

  private static String print(float value) {
    byte[] bytes = new byte[FloatFormat.MAX_BYTES + FloatFormat.SLACK];
    return new String(bytes, 0, FloatFormat.write(value, bytes, 0), US_ASCII);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0",
    "-0.0, -0.0",
    "1, 1.0",
    "-2.5, -2.5",
    "0.1, 0.1",
    "0.001, 0.001",
    "0.00012345, 0.00012345",
    "0.000012345, 1.2345E-5",
    "1234567, 1234567.0",
    "12345678, 1.2345678E7",
    "16777216, 1.6777216E7",
    "33554432, 3.3554432E7",
    "3.4028235e38, 3.4028235E38",
    "1.17549435e-38, 1.1754944E-38",
    "1.4e-45, 1.0E-45",
    "-0.05328177, -0.05328177",
    "1e10, 1.0E10",
    "2e-44, 2.0E-44",
    "100, 100.0",
    "9999999, 9999999.0",
    "8000000, 8000000.0",
    "1e7, 1.0E7",
    "1.00000012, 1.0000001",
    "0.100000024, 0.100000024",
    "1234567.9, 1234567.9"
  })
  void printsAsPeopleWould(float value, String expected) {
    assertThat(print(value)).isEqualTo(expected);
  }

  @Test
  void readsBackAsTheSameFloatAndIsNoLongerThanTheShortest() {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("FloatFormatTest seed " + seed);
    Random random = new Random(seed);
    IntStream everyExponent =
        IntStream.range(0, 255)
            .flatMap(
                e ->
                    IntStream.of(
                        e << 23, (e << 23) + 1, (e << 23) + 0x7fffff, (e << 23) + 0x400000));
    IntStream.concat(everyExponent, random.ints(1_000_000))
        .mapToObj(Float::intBitsToFloat)
        .filter(Float::isFinite)
        .forEach(
            value -> {
              String text = print(value);
              if (Float.parseFloat(text) != value) {
                throw new AssertionError(text + " is not " + value + " (seed " + seed + ")");
              }
              String shortest = NumberOutput.toString(value, true);
              if (digits(text) > digits(shortest)) {
                throw new AssertionError(text + " is longer than " + shortest);
              }
            });
  }

  /** Significant digits, whatever the notation. */
  private static int digits(String text) {
    String plain = text.replaceFirst("E.*", "").replaceAll("[-.]", "");
    return plain.replaceFirst("^0+", "").replaceFirst("0+$", "").length();
  }
}
