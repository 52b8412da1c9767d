package dev.keepgate.tensor;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The scanner against the full JSON reader: it may decline, but never differ. */
class JsonTensorScannerTest {

  private static final String ALPHABET = "0123456789.,-+eE[] \n\"{}naNtf\\x";

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  private static Tensor.Floats scan(String json) throws JsonTensorScanner.NotScannedException {
    JsonTensorScanner scanner = new JsonTensorScanner(json.getBytes(ISO_8859_1));
    Tensor.Floats tensor = scanner.floats();
    scanner.expectEnd();
    return tensor;
  }

  private static Tensor.Floats readByJackson(String json) {
    try (JsonParser parser =
        new JsonFactory().createParser(ObjectReadContext.empty(), json.getBytes(ISO_8859_1))) {
      parser.nextToken();
      Tensor.Floats tensor = JsonTensorReader.readFloats(parser, "/x", ArrayMemory.UNBOUNDED);
      assertThat(parser.nextToken()).isNull();
      return tensor;
    }
  }

  private String number() {
    float value = Float.intBitsToFloat(random.nextInt());
    value = Float.isFinite(value) ? value : 1;
    return switch (random.nextInt(6)) {
      case 0 -> Float.toString(value);
      case 1 -> Double.toString(random.nextGaussian());
      case 2 -> Integer.toString(random.nextInt());
      case 3 -> String.format(Locale.ROOT, "%.3e", random.nextGaussian());
      case 4 -> new BigDecimal(random.nextFloat()).toPlainString();
      default -> halfway(random.nextFloat());
    };
  }

  @Test
  void tenThousandDimensionsAreRefusedAtTheNinth() {
    String json = "[".repeat(10_000) + "1" + "]".repeat(10_000);
    assertThatThrownBy(() -> readByJackson(json))
        .isInstanceOf(TensorFormatException.class)
        .hasMessage("arrays are nested deeper than 8")
        .extracting(e -> ((TensorFormatException) e).pointer())
        .isEqualTo("/x" + "/0".repeat(8));
    assertThatThrownBy(() -> scan(json)).isInstanceOf(JsonTensorScanner.NotScannedException.class);
  }

  /** A decimal right at the middle of two floats, or next to it. */
  private String halfway(float value) {
    BigDecimal middle =
        new BigDecimal(value).add(new BigDecimal(Math.nextUp(value))).divide(BigDecimal.valueOf(2));
    int scale = middle.scale();
    return switch (random.nextInt(3)) {
      case 0 -> middle.toPlainString();
      case 1 -> middle.add(BigDecimal.ONE.movePointLeft(scale + 2)).toPlainString();
      default -> middle.subtract(BigDecimal.ONE.movePointLeft(scale + 2)).toPlainString();
    };
  }

  private String tensor(int rank, int[] shape, int axis) {
    if (axis == rank) {
      return number();
    }
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < shape[axis]; i++) {
      text.append(i > 0 ? (random.nextInt(9) == 0 ? " ,\n" : ",") : "");
      text.append(tensor(rank, shape, axis + 1));
    }
    return text.append(']').toString();
  }

  private String tensor() {
    return tensor(1 + random.nextInt(4), random.ints(4, 1, 5).toArray(), 0);
  }

  @Test
  void readsEveryTensorAsTheFullReaderDoes() throws Exception {
    System.out.println("JsonTensorScannerTest seed " + seed);
    for (int i = 0; i < 3000; i++) {
      String json = tensor();
      Tensor.Floats tensor = scan(json);
      Tensor.Floats expected = readByJackson(json);
      assertThat(tensor.shape()).as(json).isEqualTo(expected.shape());
      assertEqual(tensor.values(), expected.values(), json);
    }
  }

  /** Of one bit pattern, but for the sign of {@code -0}, which Jackson takes for the integer 0. */
  private void assertEqual(float[] values, float[] expected, String json) {
    assertThat(values).as(json).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      if (values[i] != expected[i]) {
        throw new AssertionError(
            "%s: %s is not %s (seed %d)".formatted(json, values[i], expected[i], seed));
      }
    }
  }

  @Test
  void takesNothingThatTheFullReaderRefuses() {
    int taken = 0;
    for (int i = 0; i < 30_000; i++) {
      String json = mutate(tensor(1 + random.nextInt(2), new int[] {2, 2}, 0));
      Tensor.Floats tensor;
      try {
        tensor = scan(json);
      } catch (JsonTensorScanner.NotScannedException e) {
        continue;
      }
      taken++;
      try {
        assertEqual(tensor.values(), readByJackson(json).values(), json);
      } catch (TensorFormatException | JacksonException e) {
        throw new AssertionError(json + " was taken (seed " + seed + ")", e);
      }
    }
    assertThat(taken).isPositive();
  }

  private String mutate(String json) {
    StringBuilder text = new StringBuilder(json);
    for (int n = 1 + random.nextInt(2); n > 0; n--) {
      int at = random.nextInt(text.length());
      char letter = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
      switch (random.nextInt(3)) {
        case 0 -> text.setCharAt(at, letter);
        case 1 -> text.insert(at, letter);
        default -> text.deleteCharAt(at);
      }
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "[",
        "[]",
        "[[]]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[-]",
        "[1e]",
        "[1e+]",
        "[NaN]",
        "[Infinity]",
        "[1e39]",
        "[[1],[2,3]]",
        "[[1],2]",
        "[1,[2]]",
        "[1]]",
        "[1] 2",
        "[\"1\"]",
        "[null]",
        "[0x1]",
        "[[1,2],[3]]",
        "[[1],[],[2]]",
        "[1_0]",
        "[--1]",
        "[1f]",
        "[[[[[[[[[1]]]]]]]]]"
      })
  void declines(String json) {
    assertThatThrownBy(() -> scan(json)).isInstanceOf(JsonTensorScanner.NotScannedException.class);
    // Far from the end of the text numbers are read several characters at once.
    String within = json + " ".repeat(40);
    assertThatThrownBy(() -> scan(within))
        .isInstanceOf(JsonTensorScanner.NotScannedException.class);
  }

  @Test
  void readsEveryCountOfDecimals() throws Exception {
    System.out.println("JsonTensorScannerTest seed " + seed);
    for (int i = 0; i < 50_000; i++) {
      StringBuilder number = new StringBuilder(random.nextBoolean() ? "-" : "");
      number.append(random.nextInt(10)).append('.');
      String digits = random.nextInt(4) == 0 ? "09" : "0123456789";
      for (int n = 1 + random.nextInt(24); n > 0; n--) {
        number.append(digits.charAt(random.nextInt(digits.length())));
      }
      String json = "[" + number + " ".repeat(random.nextInt(2) * 40) + "]";
      assertEqual(scan(json).values(), new float[] {Float.parseFloat(number.toString())}, json);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1.0]", "[1e2]", "[2147483648]", "[01]", "[-]", "[]", "[99999999999]"})
  void declinesWhatIsNoIntOf32Bits(String json) {
    assertThatThrownBy(() -> new JsonTensorScanner(json.getBytes(US_ASCII)).ints())
        .isInstanceOf(JsonTensorScanner.NotScannedException.class);
  }

  @Test
  void readsInts() throws Exception {
    Tensor.Ints ints =
        new JsonTensorScanner("[[0, -1], [2147483647, -2147483648]]".getBytes(US_ASCII)).ints();
    assertThat(ints.shape()).containsExactly(2, 2);
    assertThat(ints.values()).containsExactly(0, -1, Integer.MAX_VALUE, Integer.MIN_VALUE);
  }

  @Test
  void noOtherByteIsASign() throws Exception {
    for (String number : new String[] {"1", "1.25", "0.125"}) {
      for (int other = 0; other < 256; other++) {
        byte[] json = ("[[0.5,2],[X" + number + ",2]]").getBytes(StandardCharsets.ISO_8859_1);
        json[10] = (byte) other;
        boolean isMore = other >= '1' && other <= '9';
        boolean isSpace = other == ' ' || other == '\t' || other == '\n' || other == '\r';
        if (isMore || isSpace || other == '-') {
          continue;
        }
        assertThatThrownBy(() -> new JsonTensorScanner(json).floats())
            .as("byte %d before %s", other, number)
            .isInstanceOf(JsonTensorScanner.NotScannedException.class);
      }
    }
  }

  @Test
  void writesWhatItReads() throws IOException, JsonTensorScanner.NotScannedException {
    float[] values = new float[2 * 3 * 5];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 1e-3f - random.nextInt(2);
    }
    JsonBuffer json = new JsonBuffer(1);
    json.tensor(values, 0, 2, 3, 5);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    json.flushTo(out);
    Tensor.Floats tensor = scan(out.toString(US_ASCII));
    assertThat(tensor.shape()).containsExactly(2, 3, 5);
    assertThat(tensor.values()).isEqualTo(values);
  }
}
