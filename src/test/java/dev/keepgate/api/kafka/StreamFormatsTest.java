package dev.keepgate.api.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastSampling;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Records are computed and answered as the same requests over HTTP, however they are written. */
class StreamFormatsTest extends FormatsTest {

  private static JsonNode json(byte[] value) {
    return JSON.readTree(value);
  }

  private static double[] numbers(JsonNode node) {
    return stream(node).toArray();
  }

  private static DoubleStream stream(JsonNode node) {
    return node.isArray()
        ? node.valueStream().flatMapToDouble(StreamFormatsTest::stream)
        : DoubleStream.of(node.isNull() ? Double.NaN : node.asDouble());
  }

  /** Numbers of lines of CSV. */
  private static double[] csv(byte[] value) {
    return Arrays.stream(new String(value, UTF_8).split("[,\n]", -1))
        .mapToDouble(Double::parseDouble)
        .toArray();
  }

  private static float[] floats(byte[] value) {
    float[] floats = new float[value.length / Float.BYTES];
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  private static float[] rounded(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  /** The numbers as each format but JSON has them are those of an answer's JSON. */
  private void assertNumbers(InferenceResult result, JsonNode expected) {
    assertThat(json(new RecordWriter(ValueFormat.ARRAY).step(result)))
        .as("seed %d", seed)
        .isEqualTo(expected.isArray() ? expected : JSON.createArrayNode().add(expected));
    double[] numbers = numbers(expected);
    assertThat(csv(new RecordWriter(ValueFormat.CSV).step(result))).isEqualTo(numbers);
    assertThat(floats(new RecordWriter(ValueFormat.FLOAT32).step(result)))
        .isEqualTo(rounded(numbers));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"notebook-cell", "notebook-stacked", "layers", "gru", "ids", "scaled", "labels"})
  void stepsAreThoseOfHttp(String model) throws Exception {
    Signature signature = signature(model);
    Random random = new Random(seed);
    for (int i = 0; i < 5; i++) {
      float[] step = step(signature, random);
      JsonNode expected = ask(signature, model, step);
      for (ValueFormat format : ValueFormat.values()) {
        List<Tensor> inputs = decode(format, value(format, step), signature);
        InferenceResult result = infer(open(model, Operation.STEP), request(inputs, false));
        ObjectNode answer = (ObjectNode) json(new RecordWriter(ValueFormat.JSON).step(result));
        assertThat(answer.remove("step").asLong()).isZero();
        assertThat(answer).as("seed %d, %s", seed, format).isEqualTo(expected);
        if (!model.equals("labels")) {
          assertNumbers(result, expected.path("output"));
        }
      }
    }
  }

  private JsonNode ask(Signature signature, String model, float[] step) throws Exception {
    String x = signature.takesIds() ? "%d".formatted((int) step[0]) : null;
    String body =
        x == null ? new String(value(ValueFormat.JSON, step), UTF_8) : "{\"x\": %s}".formatted(x);
    return ask("/v1/models/%s/step?return_state=false".formatted(model), body);
  }

  @Test
  void stepOfSeveralInputsOrOutputsIsThatOfHttp() throws Exception {
    for (String model : List.of("two-outputs", "two-inputs")) {
      Signature signature = signature(model);
      Random random = new Random(seed);
      ObjectNode inputs = JSON.createObjectNode();
      for (Signature.Input input : signature.inputs()) {
        ArrayNode numbers = inputs.putArray(input.name());
        for (int i = 0; i < input.size(); i++) {
          numbers.add((float) random.nextGaussian());
        }
      }
      String body = JSON.createObjectNode().set("inputs", inputs).toString();
      JsonNode expected = ask("/v1/models/%s/step?return_state=false".formatted(model), body);
      List<Tensor> read = decode(ValueFormat.JSON, body.getBytes(UTF_8), signature);
      InferenceResult result = infer(open(model, Operation.STEP), request(read, false));
      ObjectNode answer = (ObjectNode) json(new RecordWriter(ValueFormat.JSON).step(result));
      answer.remove("step");
      assertThat(answer).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void readingsByNamesAreThoseInOrder() throws Exception {
    Signature signature = signature("scaled");
    List<String> names = signature.settings().columns().features();
    assertThat(names).hasSize(6);
    float[] step = step(signature, new Random(seed));
    List<Integer> order = new ArrayList<>(List.of(4, 0, 5, 2, 1, 3));
    ObjectNode named = JSON.createObjectNode();
    order.forEach(i -> named.put(names.get(i), (double) step[i]));
    List<Tensor> inputs = decode(ValueFormat.JSON, named.toString().getBytes(UTF_8), signature);
    assertThat(((Tensor.Doubles) inputs.get(0)).values()).isEqualTo(doubles(step));
    assertThat(inputs.get(0).shape()).containsExactly(6);
  }

  @Test
  void featureThatIsCalledAsTheInputIsTakenByName() throws Exception {
    Signature signature = signature("pair");
    for (String json :
        List.of("{\"x\": 2, \"level\": -1}", "{\"x\": [-1, 2]}", "{\"x\": [[-1, 2]]}")) {
      List<Tensor> inputs = decode(ValueFormat.JSON, json.getBytes(UTF_8), signature);
      assertThat(((Tensor.Floats) inputs.get(0)).values()).containsExactly(-1, 2);
      assertThat(inputs.get(0).shape()).containsExactly(2);
    }
    for (String json :
        List.of("{\"level\": -1, \"x\": [-1, 2]}", "{\"x\": [-1, 2], \"level\": -1}")) {
      BadRecordException e =
          catchThrowableOfType(
              BadRecordException.class,
              () -> decode(ValueFormat.JSON, json.getBytes(UTF_8), signature));
      assertThat(e.reason()).isEqualTo("value");
      assertThat(e).hasMessageContaining("comes beside others");
    }
  }

  @Test
  void errorsOfStepsAreThoseOfHttp() throws Exception {
    Signature signature = signature("pair");
    String other = sequence();
    String own = sequence();
    Random random = new Random(seed);
    for (int step = 0; step < 4; step++) {
      byte[] value = value(ValueFormat.JSON, step(signature, random));
      JsonNode expected = ask("/v1/sequences/%s/step?detect=true".formatted(other), text(value));
      List<Tensor> inputs = decode(ValueFormat.JSON, value, signature);
      InferenceResult result = infer(openStep(own), request(inputs, true));
      ObjectNode answer = (ObjectNode) json(new RecordWriter(ValueFormat.JSON).step(result));
      assertThat(answer.remove("model").asString()).isEqualTo("pair");
      assertThat(answer.remove("version").asString()).isEqualTo("1");
      assertThat(answer).as("seed %d", seed).isEqualTo(expected);
      assertThat(answer.has("anomaly")).isTrue();
      assertThat(answer.path("error").isNull()).isEqualTo(step == 0);
      assertNumbers(result, expected.path("error"));
    }
  }

  private String sequence() throws Exception {
    return ask("/v1/models/pair/sequences", "{}").path("id").asString();
  }

  private static String text(byte[] value) {
    return new String(value, UTF_8);
  }

  @Test
  void forecastIsThatOfHttp() throws Exception {
    Random random = new Random(seed);
    float[] history = new float[7 * 2];
    ArrayNode rows = JSON.createArrayNode();
    for (int i = 0; i < history.length; i++) {
      history[i] = (float) random.nextGaussian();
      (i % 2 == 0 ? rows.addArray() : (ArrayNode) rows.get(rows.size() - 1)).add(history[i]);
    }
    ObjectNode body = JSON.createObjectNode().put("horizon", 5);
    JsonNode expected = ask("/v1/models/pair/forecast", body.set("history", rows).toString());
    ForecastResult result = forecast(Tensor.Floats.of(history, 7, 2), 5);
    assertThat(json(new RecordWriter(ValueFormat.JSON).forecast(result)))
        .as("seed %d", seed)
        .isEqualTo(expected);
    JsonNode numbers = expected.path("forecast");
    assertThat(numbers.size()).isEqualTo(5);
    assertThat(json(new RecordWriter(ValueFormat.ARRAY).forecast(result))).isEqualTo(numbers);
    byte[] csv = new RecordWriter(ValueFormat.CSV).forecast(result);
    assertThat(text(csv).lines().map(line -> line.split(",").length)).containsOnly(2).hasSize(5);
    assertThat(csv(csv)).isEqualTo(numbers(numbers));
    assertThat(floats(new RecordWriter(ValueFormat.FLOAT32).forecast(result)))
        .isEqualTo(rounded(numbers(numbers)));
  }

  private ForecastResult forecast(Tensor history, int horizon) throws IOException {
    InferenceRequest step = request(List.of(history), false);
    InferenceRequest whole =
        new InferenceRequest(
            Operation.UNROLL, step.inputs(), null, null, step.options(), step.fields());
    // A record has no state, even where the computation has one.
    ForecastRequest request =
        new ForecastRequest(whole, horizon, null, ForecastSampling.NONE, true);
    try (InferenceCall call = open("pair", Operation.FORECAST)) {
      ForecastResult result = call.forecast((signature, memory) -> request, new Whole());
      assertThat(result.state()).isNotNull();
      return result;
    }
  }

  /** Hands a forecast on as it is. */
  private static final class Whole implements AnswerEncoder<ForecastResult, ForecastResult> {
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public ForecastResult encode(ForecastResult result) {
      return result;
    }
  }

  @ParameterizedTest
  @EnumSource(ValueFormat.class)
  void formatThatCannotHoldWhatAModelHasIsRefused(ValueFormat format) {
    boolean isJson = format == ValueFormat.JSON;
    Signature inputs = signature("two-inputs");
    Signature outputs = signature("two-outputs");
    Signature classes = signature("labels");
    assertRefused(ReadingDecoder.refusal(format, inputs), !isJson, "history and static", format);
    assertRefused(
        RecordWriter.refusal(format, Operation.STEP, outputs), !isJson, "level and kind", format);
    assertRefused(
        RecordWriter.refusal(format, Operation.STEP, classes), !isJson, "classes", format);
    for (Signature signature : Stream.of("pair", "scaled", "ids").map(this::signature).toList()) {
      assertThat(ReadingDecoder.refusal(format, signature)).isNull();
      for (Operation operation : List.of(Operation.STEP, Operation.DETECT, Operation.FORECAST)) {
        assertThat(RecordWriter.refusal(format, operation, signature)).isNull();
      }
    }
    if (!isJson) {
      byte[] value = value(format, new float[] {1, 2});
      assertThat(
              catchThrowableOfType(BadRecordException.class, () -> decode(format, value, inputs)))
          .hasMessageContaining("history and static");
    }
  }

  private static void assertRefused(
      @Nullable String refusal, boolean expected, String names, ValueFormat format) {
    if (expected) {
      assertThat(refusal).contains(names, format.id(), "json");
    } else {
      assertThat(refusal).isNull();
    }
  }
}
