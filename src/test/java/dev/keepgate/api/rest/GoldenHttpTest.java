package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.GoldenCase.Tensor;
import dev.keepgate.tensor.Safetensors;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Upload what a framework saved, and get what it computed. */
class GoldenHttpTest extends ServerTest {

  static Stream<Arguments> files() {
    return Stream.of("pytorch-", "tf1-", "tf2-", "flax-", "keras-", "onnx-")
        .flatMap(GoldenCase::all)
        .flatMap(golden -> golden.models().stream().map(files -> Arguments.of(golden, files)));
  }

  @ParameterizedTest
  @MethodSource("files")
  void uploadedModelAnswersItsFrameworksNumbers(GoldenCase golden, List<Path> files)
      throws Exception {
    String model = (golden.name() + "-" + files.get(0).getFileName()).replace('.', '_');
    HttpResponse<byte[]> put = upload(model, files, golden.config().toString());
    assertThat(put.statusCode()).as(new String(put.body(), StandardCharsets.UTF_8)).isEqualTo(201);
    compare(golden, unroll(model, golden, null), "");
    Tensor lengths = golden.inputs().get("lengths");
    if (lengths != null) {
      compare(golden, unroll(model, golden, lengths), "_lengths");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-www-form-urlencoded", "text/plain", "application/json"})
  void fileMayComeAsAnyMediaType(String mediaType) throws Exception {
    byte[] file = Files.readAllBytes(GoldenCase.read("pytorch-1layer").file(".pt"));
    String model = "/v1/models/" + mediaType.replaceAll("\\W", "-");
    for (HttpRequest.Builder upload :
        List.of(
            request("PUT", model + "/versions/1", file),
            request("POST", model + "/versions", file))) {
      assertThat(send(upload.header("Content-Type", mediaType)).statusCode()).isEqualTo(201);
    }
    HttpRequest.Builder inspect =
        request("POST", "/v1/models:inspect", file).header("Content-Type", mediaType);
    assertThat(json(send(inspect)).get("framework").asString()).isEqualTo("pytorch");
  }

  @Test
  void builtInCellStepsToTheNotebooksNumbers() throws Exception {
    HttpResponse<byte[]> step =
        postJson("/v1/models/notebook-cell/step", "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}");
    assertThat(step.statusCode()).isEqualTo(200);
    compare(GoldenCase.read("notebook-cell"), json(step), "");
  }

  @ParameterizedTest
  @MethodSource("sequences")
  void builtInSequencesUnrollToTheirNumbers(String name) throws Exception {
    GoldenCase golden = GoldenCase.read(name);
    compare(golden, unroll(name, golden, null), "");
  }

  static Stream<String> sequences() {
    return Stream.of("notebook-sequence", "notebook-stacked");
  }

  @Test
  void safetensorsBodyAnswersWhatJsonDoes() throws Exception {
    GoldenCase golden = GoldenCase.read("notebook-sequence");
    Tensor x = Objects.requireNonNull(golden.inputs().get("x"));
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Safetensors.write(
        body, Map.of("x", dev.keepgate.tensor.Tensor.Floats.of(x.floats(), x.shape())), Map.of());
    HttpResponse<byte[]> response =
        send(
            request("POST", "/v1/models/notebook-sequence/unroll", body.toByteArray())
                .header("Content-Type", Safetensors.MEDIA_TYPE)
                .header("Accept", Safetensors.MEDIA_TYPE));
    assertThat(response.statusCode()).isEqualTo(200);
    Map<String, dev.keepgate.tensor.Tensor> tensors = Safetensors.read(response.body());
    assertThat(tensors).containsOnlyKeys("output", "h", "c");
    var output = (dev.keepgate.tensor.Tensor.Floats) Objects.requireNonNull(tensors.get("output"));
    assertThat(output.shape()).containsExactly(2, 3, 4);
    float[] json =
        floats(
            json(postJson("/v1/models/notebook-sequence/unroll", body(golden, null)))
                .get("output"));
    assertThat(output.values()).containsExactly(json);
  }

  @Test
  void stepsInARowEndWhereAnUnrollEnds() throws Exception {
    GoldenCase golden = GoldenCase.read("notebook-stacked");
    JsonNode unrolled = unroll("notebook-stacked", golden, null);
    JsonNode x = JSON.readTree(body(golden, null)).get("x");
    JsonNode state = JSON.readTree("{}");
    for (int t = 0; t < 3; t++) {
      ObjectNode request = JSON.createObjectNode();
      request.putArray("x").add(x.get(0).get(t)).add(x.get(1).get(t));
      request.set("state", state);
      state = json(postJson("/v1/models/notebook-stacked/step", request.toString())).get("state");
    }
    assertThat(floats(state)).containsExactly(floats(unrolled.get("state")), within(1e-6f));
  }

  @Test
  void traceHoldsTheNotebooksEquations() throws Exception {
    JsonNode answer =
        json(postJson("/v1/models/notebook-cell/step", "{\"x\": [1,2,3,4,3,2], \"trace\": true}"));
    JsonNode trace = answer.get("trace").get(0);
    assertThat(trace.propertyNames())
        .containsExactly("input", "forget", "output", "candidate", "cell", "hidden");
    for (int j = 0; j < 4; j++) {
      double cell = trace.get("input").get(j).asDouble() * trace.get("candidate").get(j).asDouble();
      assertThat(trace.get("cell").get(j).asDouble()).isCloseTo(cell, within(1e-6));
      assertThat(trace.get("hidden").get(j).asDouble())
          .isCloseTo(trace.get("output").get(j).asDouble() * Math.tanh(cell), within(1e-6));
    }
    assertThat(answer.get("output").size()).isEqualTo(4);
  }

  private JsonNode unroll(String model, GoldenCase golden, @Nullable Tensor lengths)
      throws Exception {
    HttpResponse<byte[]> response =
        postJson("/v1/models/" + model + "/unroll", body(golden, lengths));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return json(response);
  }

  private static String body(GoldenCase golden, @Nullable Tensor lengths) {
    Map<String, Object> body = new LinkedHashMap<>();
    Tensor ids = golden.inputs().get("ids");
    Tensor x = Objects.requireNonNull(ids != null ? ids : golden.inputs().get("x"));
    // The cases of Keras call ids x as well.
    boolean isIds = ids != null || (x.shape().length == 2 && golden.name().startsWith("keras-"));
    body.put("x", nested(x, isIds));
    Tensor h = golden.inputs().get("h0");
    Tensor c = golden.inputs().get("c0");
    if (h != null) {
      Map<String, Object> state = new LinkedHashMap<>(Map.of("h", nested(h, false)));
      if (c != null) {
        state.put("c", nested(c, false));
      }
      body.put("state", state);
    }
    if (lengths != null) {
      body.put("lengths", lengths.ints());
    }
    return JSON.writeValueAsString(body);
  }

  private static Object nested(Tensor tensor, boolean integers) {
    Object values = integers ? tensor.ints() : tensor.data();
    return nested(values, 0, tensor.shape(), 0);
  }

  private static Object nested(Object values, int from, int[] shape, int axis) {
    if (axis == shape.length) {
      return Array.get(values, from);
    }
    int stride = Arrays.stream(shape, axis + 1, shape.length).reduce(1, (a, b) -> a * b);
    Object[] rows = new Object[shape[axis]];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = nested(values, from + i * stride, shape, axis + 1);
    }
    return rows;
  }

  private static void compare(GoldenCase golden, JsonNode answer, String suffix) {
    compare(golden, "y" + suffix, answer.get("output"));
    compare(golden, "logits", answer.get("output"));
    compare(golden, "h" + suffix, answer.get("state").get("h"));
    compare(golden, "c" + suffix, answer.get("state").get("c"));
  }

  private static void compare(GoldenCase golden, String name, JsonNode actual) {
    Tensor expected = golden.expected().get(name);
    if (expected != null) {
      float[] numbers = floats(actual);
      assertThat(numbers).hasSize(expected.data().length);
      for (int i = 0; i < numbers.length; i++) {
        assertThat((double) numbers[i])
            .as("%s, number %d", name, i)
            .isCloseTo(expected.data()[i], within(golden.tolerance()));
      }
    }
  }

  private static float[] floats(JsonNode node) {
    double[] numbers = numbers(node).toArray();
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private static DoubleStream numbers(JsonNode node) {
    return node.isNumber()
        ? DoubleStream.of(node.asDouble())
        : node.valueStream().flatMapToDouble(GoldenHttpTest::numbers);
  }
}
