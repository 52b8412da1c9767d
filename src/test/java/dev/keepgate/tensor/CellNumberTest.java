package dev.keepgate.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers of fields are those that the JDK reads, bit by bit. */
class CellNumberTest {

  private static double parse(String text, boolean single) {
    return CellNumber.parse(text.toCharArray(), 0, text.length(), single);
  }

  private static void assertExact(String text) {
    assertThat(Double.doubleToRawLongBits(parse(text, false)))
        .as(text)
        .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
    assertThat(Double.doubleToRawLongBits(parse(text, true)))
        .as(text)
        .isEqualTo(Double.doubleToRawLongBits(Float.parseFloat(text)));
  }

  @Test
  void decimalsAreTheNearestNumbers() {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int i = 0; i < 300_000; i++) {
      float one = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(one)) {
        assertExact(Float.toString(one));
        // What lies halfway between two floats, and a little beside it.
        BigDecimal half =
            new BigDecimal(one)
                .add(
                    new BigDecimal(
                        Math.nextUp(one) == Float.POSITIVE_INFINITY ? one : Math.nextUp(one)))
                .divide(BigDecimal.valueOf(2));
        assertExact(half.toString());
        assertExact(half.toPlainString() + (half.scale() > 0 ? "1" : ".001"));
      }
      assertExact(Double.toString(random.nextGaussian()));
      assertExact(
          "%s%d.%d"
              .formatted(
                  random.nextBoolean() ? "-" : "+",
                  random.nextInt(1000),
                  random.nextInt(1_000_000)));
      assertExact(random.nextLong() + "e" + (random.nextInt(700) - 350));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".5", "5.", "007", "+1", "-0", "1E5", "1e+05", "0.1e-2", "16777217"})
  void whatSpreadsheetsWriteIsRead(String text) {
    assertExact(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "-", "e5", "1e", "1e+", "1f", "1d", "0x1p3", "1,5", "1 5", "١", "1_0", "--1",
        "NaN", "inf"
      })
  void whatIsNoNumberIsNone(String text) {
    assertThat(parse(text, false)).isNaN();
    assertThat(parse(text, true)).isNaN();
  }

  @ParameterizedTest
  @CsvSource({"1e999, false", "1e39, true", "-1e999999999999, false"})
  void whatIsBeyondTheRangeIsInfinite(String text, boolean single) {
    assertThat(parse(text, single)).isInfinite();
  }
}
