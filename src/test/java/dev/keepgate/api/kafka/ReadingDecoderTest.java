package dev.keepgate.api.kafka;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.keepgate.ModelBytes;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.Upload;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What values of records are, and what is wrong with those that are none. */
class ReadingDecoderTest extends FormatsTest {

  private static final List<String> MODELS = List.of("pair", "scaled", "ids", "notebook-cell");

  private void assertBad(
      ValueFormat format, String model, byte[] value, String reason, String part) {
    Signature signature = signature(model);
    BadRecordException e =
        catchThrowableOfType(BadRecordException.class, () -> decode(format, value, signature));
    String shown = new String(value, 0, Math.min(value.length, 100), UTF_8);
    assertThat(e).as("%s of %s", shown, model).isNotNull();
    assertThat(e).as(shown).hasMessageContaining(part);
    assertThat(e.reason()).as("%s: %s", shown, e.getMessage()).isEqualTo(reason);
    assertThat(e.getMessage()).hasSizeLessThanOrEqualTo(500).doesNotContain("Source:", "REDACTED");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        // Not this JSON.
        "JSON; pair; {; value; is not JSON",
        "JSON; pair; [1, 2]; value; expected a JSON object",
        "JSON; pair; 1; value; expected a JSON object",
        "JSON; pair; null; value; expected a JSON object",
        "JSON; pair; {\"x\": [1, 2]} {}; value; more follows",
        "JSON; pair; {\"x\": [1, 2]},; value; is not JSON",
        "JSON; pair; {\"x\": [1, 2,]}; value; is not JSON",
        "JSON; pair; {\"x\": [01, 2]}; value; is not JSON",
        "JSON; pair; {\"x\": [NaN, 2]}; value; is not JSON",
        "JSON; pair; {\"x\": [1, Infinity]}; value; is not JSON",
        "JSON; pair; {\"x\": [1, 2], \"x\": [1, 2]}; value; Duplicate",
        "JSON; pair; {'x': [1, 2]}; value; is not JSON",
        "JSON; pair; {x: [1, 2]}; value; is not JSON",
        "JSON; pair; {\"x\": [1, 2]/* a */}; value; is not JSON",
        "ARRAY; pair; {\"x\": [1, 2]}; value; expected a JSON array",
        "ARRAY; pair; 1; value; expected a JSON array",
        "ARRAY; pair; [1, 2] 3; value; more follows",
        "ARRAY; pair; [1, 2; value; is not JSON",
        // Not these fields.
        "JSON; pair; {}; width; /level: is missing",
        "JSON; notebook-cell; {}; value; /x: is missing",
        "JSON; pair; {\"level\": 1}; width; /x: is missing",
        "JSON; pair; {\"level\": 1, \"level\": 1}; value; Duplicate",
        "JSON; pair; {\"level\": 1, \"speed\": 1}; value; /speed: is unknown; known are x, level, x",
        "JSON; pair; {\"x\": [1, 2], \"step\": 1}; value; /step: is unknown",
        "JSON; pair; {\"x\": [1, 2], \"state\": {}}; value; /state: is unknown",
        "JSON; pair; {\"x\": [1, 2], \"inputs\": {\"x\": [1, 2]}}; value; twice",
        "JSON; pair; {\"inputs\": {\"y\": [1, 2]}}; value; /inputs/y: is unknown",
        "JSON; scaled; {\"t/in\": 1, \"t~out\": \"2\"}; value; /t~0out: expected a number, got a string",
        "JSON; scaled; {\"t/in\": 1}; width; /t~0out: is missing",
        "JSON; two-inputs; {\"inputs\": {\"history\": [1, 2, 3, 4, 5, 6]}}; value; /inputs/static: is missing",
        "JSON; two-inputs; {\"x\": [1, 2]}; value; /x: is unknown; known are inputs",
        // Not these numbers.
        "JSON; pair; {\"x\": [1, \"2\"]}; value; /x/1: expected a number, got a string",
        "JSON; pair; {\"x\": [1, null]}; value; /x/1: expected a number, got null",
        "JSON; pair; {\"x\": [true, 2]}; value; /x/0: expected a number, got a boolean",
        "JSON; pair; {\"x\": [1, {}]}; value; /x/1: expected a number, got an object",
        "JSON; pair; {\"level\": [1], \"x\": 2}; value; /level: expected a number, got an array",
        "JSON; pair; {\"level\": {}, \"x\": 2}; value; /level: expected a number, got an object",
        "JSON; pair; {\"level\": false, \"x\": 2}; value; /level: expected a number, got a boolean",
        "JSON; pair; {\"x\": [1, 1e400]}; not-finite; /x/1: is beyond the range of a 32-bit float",
        "JSON; pair; {\"x\": [1, -1e39]}; not-finite; /x/1: is beyond the range of a 32-bit float",
        "JSON; pair; {\"level\": 1e39, \"x\": 2}; not-finite; /level: is beyond",
        "JSON; scaled; {\"x\": [1, 2, 3, 4, 5, 1e400]}; not-finite; /x/5: is beyond the range of a 64-bit",
        "JSON; scaled; {\"x\": [1e300, 2, 3, 4, 5, 6]}; not-finite; /x/0: is beyond what the model's scaler",
        "ARRAY; pair; [1, 1e400]; not-finite; /1: is beyond the range of a 32-bit float",
        "ARRAY; pair; [1, \"2\"]; value; /1: expected a number, got a string",
        "JSON; ids; {\"x\": 1.5}; value; /x: expected an integer",
        "JSON; ids; {\"x\": 11}; value; /x: expected an integer from 0 to 10, got 11",
        "JSON; ids; {\"x\": -1}; value; /x: expected an integer from 0 to 10, got -1",
        "JSON; ids; {\"x\": 1e10}; value; /x: is beyond the range of a 32-bit integer",
        "JSON; ids; {\"x\": [\"a\"]}; value; /x/0: expected an integer, got a string",
        "ARRAY; ids; [1.5]; value; /0: expected an integer",
        "ARRAY; ids; [11]; value; /0: expected an integer from 0 to 10, got 11",
        // Another number of them.
        "JSON; pair; {\"x\": [1]}; width; /x: expected 2 numbers, got 1",
        "JSON; pair; {\"x\": [1, 2, 3]}; width; /x: expected 2 numbers, got 3",
        "JSON; pair; {\"x\": []}; width; /x: expected 2 numbers, got 0",
        "JSON; pair; {\"x\": [[1, 2], [3, 4]]}; width; /x: expected one step of shape [2], got [2, 2]",
        "JSON; notebook-cell; {\"x\": 1}; width; /x: expected one step of shape [6], got []",
        "JSON; ids; {\"x\": [1, 2]}; width; /x: expected 1 number, got 2",
        "JSON; two-inputs; {\"inputs\": {\"history\": [1], \"static\": [1, 2, 3]}}; width; /inputs/history: expected 6 numbers, got 1",
        "ARRAY; pair; [1]; width; expected 2 numbers, got 1",
        "ARRAY; pair; [[1, 2], [3, 4]]; width; expected one step of shape [2], got [2, 2]",
        "ARRAY; pair; []; width; expected 2 numbers, got 0",
        "CSV; pair; 1; width; expected 2 numbers, got 1",
        "CSV; pair; 1,2,3; width; expected 2 numbers, got more",
        "CSV; pair; 1,2,; width; expected 2 numbers, got more",
        // Not this CSV.
        "CSV; pair; 1,; value; /1: expected a number, got none",
        "CSV; pair; 1,a; value; /1: expected a number, got 'a'",
        "CSV; pair; 1|2; value; /0: expected a number, got '1|2'",
        "CSV; pair; \"1,2; value; /0: the quote has no end",
        "CSV; pair; \"1\"2,3; value; /0: expected a comma behind the quote",
        "CSV; pair; \"1\"\"\",3; value; /0: expected a comma behind the quote",
        "CSV; pair; 1,NaN; not-finite; /1: expected a finite number, got 'NaN'",
        "CSV; pair; 1,-inf; not-finite; /1: expected a finite number, got '-inf'",
        "CSV; pair; 1,1e39; not-finite; /1: expected a finite number, got '1e39'",
        "CSV; scaled; 1e300,2,3,4,5,6; not-finite; /0: is beyond what the model's scaler",
        "CSV; ids; 1.5; value; /0: expected an integer from 0 to 10, got 1.5",
        "CSV; ids; 4294967297; value; /0: expected an integer from 0 to 10",
      })
  void valueThatIsNoneIsRefused(
      ValueFormat format, String model, String value, String reason, String part) {
    assertBad(format, model, value.getBytes(UTF_8), reason, part);
  }

  @ParameterizedTest
  @EnumSource(ValueFormat.class)
  void emptyAndBlankValuesAreRefused(ValueFormat format) {
    assertBad(format, "pair", new byte[0], "value", "is empty");
    if (format != ValueFormat.FLOAT32) {
      assertBad(format, "pair", " \r\n\t ".getBytes(UTF_8), "value", "");
    }
  }

  @Test
  void linesOfCsvAreOneEach() {
    for (String lines : List.of("1\n2", "1,2\n3,4", "1,2\n\n", "1,2\r3", "\n1,2", "1,\n2")) {
      assertThat(
              catchThrowableOfType(
                  BadRecordException.class,
                  () -> decode(ValueFormat.CSV, lines.getBytes(UTF_8), signature("pair"))))
          .as(lines)
          .isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1,2", "1,2\n", "1,2\r\n", " 1 ,\t+2.0", "\"1\",2", "1.,\" 2 \"", "10e-1,02"})
  void lineOfCsvMayBeWrittenInManyWays(String line) throws Exception {
    List<Tensor> inputs = decode(ValueFormat.CSV, line.getBytes(UTF_8), signature("pair"));
    assertThat(((Tensor.Floats) inputs.get(0)).values()).containsExactly(1, 2);
  }

  @Test
  void otherEncodingsAndMarksAreRefused() {
    String array = "[1, 2]";
    String object = "{\"x\": [1, 2]}";
    for (Charset charset : List.of(UTF_16, UTF_16LE, Charset.forName("UTF-32"))) {
      assertBad(ValueFormat.JSON, "pair", object.getBytes(charset), "value", "is not");
      assertBad(ValueFormat.ARRAY, "pair", array.getBytes(charset), "value", "is not");
      assertBad(ValueFormat.CSV, "pair", "1,2".getBytes(charset), "value", "/0: expected a number");
    }
    assertBad(
        ValueFormat.JSON, "pair", ("\uFEFF" + object).getBytes(UTF_8), "value", "byte order mark");
    assertBad(
        ValueFormat.ARRAY, "pair", ("\uFEFF" + array).getBytes(UTF_8), "value", "byte order mark");
    assertBad(ValueFormat.CSV, "pair", "\uFEFF1,2".getBytes(UTF_8), "value", "byte order mark");
  }

  @Test
  void floatsAreThoseOfTheModelsWidth() {
    ValueFormat format = ValueFormat.FLOAT32;
    assertBad(
        format, "pair", new byte[7], "width", "expected 8 bytes, 2 numbers of 4 bytes each, got 7");
    assertBad(format, "pair", new byte[12], "width", "got 12");
    assertBad(format, "pair", value(format, new float[] {1, Float.NaN}), "not-finite", "/1: ");
    float[] infinite = {Float.NEGATIVE_INFINITY, 1};
    assertBad(format, "pair", value(format, infinite), "not-finite", "/0: ");
    assertBad(format, "ids", value(format, new float[] {0.5f}), "value", "/0: expected an integer");
    assertBad(format, "ids", value(format, new float[] {11}), "value", "from 0 to 10, got 11");
    assertBad(format, "ids", value(format, new float[] {1e9f}), "value", "/0: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3", "3.0", "30e-1", "[3]", "[[3]]"})
  void idIsAWholeNumber(String x) throws Exception {
    List<Tensor> inputs =
        decode(ValueFormat.JSON, "{\"x\": %s}".formatted(x).getBytes(UTF_8), signature("ids"));
    assertThat(((Tensor.Ints) inputs.get(0)).values()).containsExactly(3);
    assertThat(inputs.get(0).rank()).isZero();
  }

  /** A value of millions of numbers is refused by the first that are too many. */
  @Test
  void hugeValuesAreRefusedWithoutBeingBuilt() {
    String many = "1,".repeat(2_000_000) + "1";
    String deep = "[".repeat(2_000_000);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (String model : MODELS) {
      Signature signature = signature(model);
      for (String json : List.of("{\"x\": [" + many + "]}", "{\"x\": " + deep)) {
        byte[] value = json.getBytes(UTF_8);
        long before = threads.getCurrentThreadAllocatedBytes();
        BadRecordException e =
            catchThrowableOfType(
                BadRecordException.class, () -> decode(ValueFormat.JSON, value, signature));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(e.reason()).isEqualTo(json.contains("1") ? "width" : "value");
        assertThat(allocated).as(model).isLessThan(value.length / 4);
      }
      assertBad(
          ValueFormat.ARRAY, model, ("[" + many + "]").getBytes(UTF_8), "width", "more numbers");
      assertBad(ValueFormat.ARRAY, model, deep.getBytes(UTF_8), "value", "nested deeper");
      assertBad(ValueFormat.CSV, model, many.getBytes(UTF_8), "width", "got more");
    }
    String name = "{\"" + "n".repeat(40_000) + "\": 1}";
    assertBad(ValueFormat.JSON, "pair", name.getBytes(UTF_8), "value", "/nnn");
    String digits = "{\"x\": [" + "1".repeat(2_000_000) + ", 2]}";
    assertBad(ValueFormat.JSON, "pair", digits.getBytes(UTF_8), "value", "is not JSON");
  }

  @Test
  void numbersOfAnyWidthAreReadToTheBit() throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < 12; i++) {
      int width = 1 + random.nextInt(i < 6 ? 8 : 300);
      Signature signature = put("width-" + i, width);
      float[] numbers = new float[width];
      for (int at = 0; at < width; at++) {
        do {
          numbers[at] = Float.intBitsToFloat(random.nextInt());
        } while (!Float.isFinite(numbers[at]));
      }
      for (ValueFormat format : ValueFormat.values()) {
        byte[] value = value(format, numbers);
        List<Tensor> inputs = decode(format, value, signature);
        assertThat(((Tensor.Floats) inputs.get(0)).values())
            .as("seed %d, width %d, %s", seed, width, format)
            .isEqualTo(numbers);
        assertThat(inputs.get(0).shape()).containsExactly(width);
        byte[] less = value(format, Arrays.copyOf(numbers, width + 1));
        BadRecordException e =
            catchThrowableOfType(BadRecordException.class, () -> decode(format, less, signature));
        assertThat(e.reason()).as("seed %d, width %d, %s", seed, width, format).isEqualTo("width");
      }
    }
  }

  private Signature put(String name, int width) throws IOException {
    try (Upload upload = registry.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(ModelBytes.pytorch(width, 3, seed));
      }
      registry.put(name, OptionalLong.of(1), upload);
    }
    return signature(name);
  }

  /** Whatever bytes come: numbers that the model takes, or a reason. */
  @ParameterizedTest
  @EnumSource(ValueFormat.class)
  void bytesOfAnyKindAreReadOrRefused(ValueFormat format) {
    Random random = new Random(seed);
    int read = 0;
    int refused = 0;
    for (String model : MODELS) {
      Signature signature = signature(model);
      for (int i = 0; i < 5_000; i++) {
        byte[] value = value(format, step(signature, random));
        if (format == ValueFormat.JSON && i % 3 == 0 && model.equals("pair")) {
          value = "{\"level\": -1.5e3, \"x\": 2}".getBytes(UTF_8);
        }
        value = mutated(value, random, i);
        try {
          assertTaken(decode(format, value, signature), signature);
          read++;
        } catch (BadRecordException e) {
          assertThat(e.getMessage()).isNotBlank();
          assertThat(e.reason()).isIn("value", "width", "not-finite");
          refused++;
        } catch (RuntimeException | Error e) {
          throw new AssertionError("seed %d: %s".formatted(seed, Arrays.toString(value)), e);
        }
      }
    }
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  private static void assertTaken(List<Tensor> inputs, Signature signature) {
    Tensor tensor = inputs.get(0);
    if (tensor instanceof Tensor.Ints ints) {
      assertThat(ints.values()[0])
          .isBetween(0, signature.inputs().get(0).vocabulary().orElseThrow() - 1);
      return;
    }
    assertThat(tensor.shape()).containsExactly(signature.reading(0).size());
    double[] numbers =
        tensor instanceof Tensor.Doubles doubles
            ? doubles.values()
            : doubles(((Tensor.Floats) tensor).values());
    assertThat(Arrays.stream(numbers).allMatch(Double::isFinite)).isTrue();
  }

  private static byte[] mutated(byte[] value, Random random, int round) {
    if (round % 10 == 9) {
      byte[] any = new byte[random.nextInt(64)];
      random.nextBytes(any);
      return any;
    }
    byte[] mutant = value.clone();
    String odd = "{}[]\",:.eE+-0123456789 \n\r\ttfnN\\/\u0000\u00ff";
    for (int times = random.nextInt(4); times > 0 && mutant.length > 0; times--) {
      int at = random.nextInt(mutant.length);
      switch (random.nextInt(4)) {
        case 0 -> mutant[at] = (byte) odd.charAt(random.nextInt(odd.length()));
        case 1 -> mutant[at] = (byte) random.nextInt(256);
        case 2 -> mutant = Arrays.copyOf(mutant, at);
        default -> {
          byte[] longer = Arrays.copyOf(mutant, mutant.length + mutant.length - at);
          System.arraycopy(mutant, at, longer, mutant.length, mutant.length - at);
          mutant = longer;
        }
      }
    }
    return mutant;
  }
}
