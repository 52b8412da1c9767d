package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Whole networks, by all that a client can ask. */
class NetworksHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-networks");

  static Stream<Arguments> files() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      return cases
          .sorted()
          .flatMap(
              folder ->
                  golden(folder)
                      .path("files")
                      .valueStream()
                      .map(file -> Arguments.of(folder, file.asString())))
          .toList()
          .stream();
    }
  }

  static Stream<Path> cases() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      return cases.sorted().toList().stream();
    }
  }

  private static JsonNode golden(Path folder) {
    try {
      return JSON.readTree(Files.readString(folder.resolve("case.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String serve(Path folder, String file) throws Exception {
    String name = folder.getFileName() + file.replace("model.", "-");
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      JsonNode golden = golden(folder);
      HttpResponse<byte[]> put =
          upload(
              name,
              List.of(folder.resolve(file)),
              golden.path("config").isObject() ? golden.path("config").toString() : "{}");
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  private String serve(Path folder) throws Exception {
    return serve(folder, golden(folder).path("files").get(0).asString());
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
    return json(response);
  }

  /** {@code x} of a model of one input, else {@code inputs}. */
  private static ObjectNode body(Map<String, JsonNode> inputs) {
    ObjectNode body = JSON.createObjectNode();
    if (inputs.size() == 1) {
      body.set("x", inputs.values().iterator().next());
    } else {
      inputs.forEach(body.putObject("inputs")::set);
    }
    return body;
  }

  private static Map<String, JsonNode> inputs(JsonNode golden) {
    Map<String, JsonNode> inputs = new LinkedHashMap<>();
    golden.path("inputs").forEachEntry((name, tensor) -> inputs.put(name, nested(tensor)));
    return inputs;
  }

  /** A tensor of a case as nested arrays. */
  private static JsonNode nested(JsonNode tensor) {
    return nested(tensor.path("data"), shape(tensor), 0, 0);
  }

  private static JsonNode nested(JsonNode data, int[] shape, int axis, int index) {
    if (axis == shape.length) {
      return data.get(index);
    }
    ArrayNode array = JSON.createArrayNode();
    for (int i = 0; i < shape[axis]; i++) {
      array.add(nested(data, shape, axis + 1, index * shape[axis] + i));
    }
    return array;
  }

  private static int[] shape(JsonNode tensor) {
    return tensor.path("shape").valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  private static double[] numbers(JsonNode node) {
    return stream(node).toArray();
  }

  private static DoubleStream stream(JsonNode node) {
    return node.isNumber()
        ? DoubleStream.of(node.asDouble())
        : node.valueStream().flatMapToDouble(NetworksHttpTest::stream);
  }

  private static JsonNode last(JsonNode rows) {
    return rows.get(rows.size() - 1);
  }

  private static JsonNode output(JsonNode answer, String name) {
    return answer.has("outputs") ? answer.get("outputs").get(name) : answer.get("output");
  }

  private static void assertClose(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .as("[%d]: %s, expected %s", i, actual[i], expected[i])
          .isLessThanOrEqualTo(tolerance * Math.max(1, Math.abs(expected[i])));
    }
  }

  private static void assertExpected(JsonNode golden, JsonNode answer) {
    golden
        .path("expected")
        .forEachEntry(
            (name, tensor) -> {
              JsonNode output = output(answer, name);
              assertThat(shapeOf(output)).as(name).isEqualTo(shape(tensor));
              assertClose(numbers(output), numbers(tensor.path("data")), 1e-5);
            });
  }

  private static int[] shapeOf(JsonNode nested) {
    List<Integer> shape = new ArrayList<>();
    for (JsonNode at = nested; at.isArray(); at = at.get(0)) {
      shape.add(at.size());
    }
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("files")
  void answersWhatItsFrameworkDid(Path folder, String file) throws Exception {
    JsonNode golden = golden(folder);
    String model = serve(folder, file);
    assertExpected(golden, ask(model + "/unroll", body(inputs(golden))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void aRowAloneIsWhatItIsInABatch(Path folder) throws Exception {
    JsonNode golden = golden(folder);
    String model = serve(folder);
    JsonNode whole = ask(model + "/unroll", body(inputs(golden)));
    Map<String, JsonNode> second = inputs(golden);
    second.replaceAll((name, rows) -> rows.get(rows.size() - 1));
    JsonNode answer = ask(model + "/unroll", body(second));
    for (String name : golden.path("expected").propertyNames()) {
      assertClose(numbers(output(answer, name)), numbers(last(output(whole, name))), 1e-6);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void safetensorsAndTheInferenceProtocolHaveTheSameNames(Path folder) throws Exception {
    JsonNode golden = golden(folder);
    String model = serve(folder);
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    ArrayNode named = JSON.createArrayNode();
    golden
        .path("inputs")
        .forEachEntry(
            (name, tensor) -> {
              double[] data = numbers(tensor.path("data"));
              float[] floats = new float[data.length];
              for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) data[i];
              }
              tensors.put(name, Tensor.Floats.of(floats, shape(tensor)));
              ObjectNode input = named.addObject().put("name", name).put("datatype", "FP32");
              input.set("shape", tensor.path("shape"));
              input.set("data", tensor.path("data"));
            });
    ByteArrayOutputStream binary = new ByteArrayOutputStream();
    Safetensors.write(binary, tensors, Map.of());
    HttpResponse<byte[]> response =
        send(
            request("POST", model + "/unroll", binary.toByteArray())
                .header("Content-Type", Safetensors.MEDIA_TYPE)
                .header("Accept", Safetensors.MEDIA_TYPE));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    Map<String, Tensor> answered =
        Safetensors.read(response.body(), response.body().length, ArrayMemory.UNBOUNDED);
    ObjectNode infer = JSON.createObjectNode();
    infer.set("inputs", named);
    JsonNode inferred = ask("/v2" + model.substring("/v1".length()) + "/infer", infer);
    golden
        .path("expected")
        .forEachEntry(
            (name, tensor) -> {
              Tensor.Floats output = (Tensor.Floats) Objects.requireNonNull(answered.get(name));
              assertThat(output.shape()).isEqualTo(shape(tensor));
              double[] expected = numbers(tensor.path("data"));
              assertClose(
                  DoubleStream.iterate(0, i -> i + 1)
                      .limit(output.values().length)
                      .map(i -> output.values()[(int) i])
                      .toArray(),
                  expected,
                  1e-5);
              JsonNode other =
                  inferred
                      .path("outputs")
                      .valueStream()
                      .filter(each -> each.path("name").asString().equals(name))
                      .findFirst()
                      .orElseThrow();
              assertThat(shape(other)).isEqualTo(shape(tensor));
              assertClose(numbers(other.path("data")), expected, 1e-5);
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void streamEndsWithWhatHasNoSteps(Path folder) throws Exception {
    JsonNode golden = golden(folder);
    String model = serve(folder);
    ObjectNode body = body(inputs(golden)).put("return_sequences", true);
    JsonNode whole = ask(model + "/unroll", body);
    HttpResponse<byte[]> response =
        send(
            request("POST", model + "/unroll", body.toString().getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson"));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    List<JsonNode> lines = text(response).lines().map(JSON::readTree).toList();
    JsonNode end = lines.get(lines.size() - 1);
    JsonNode view = json(send(request("GET", model, null)));
    for (JsonNode described : view.path("outputs")) {
      String name = described.path("name").asString();
      JsonNode expected = output(whole, name);
      if (!described.path("shape").path(1).asString().equals("time")) {
        assertThat(output(end, name)).isEqualTo(expected);
        continue;
      }
      for (int step = 0; step < lines.size() - 1; step++) {
        for (int row = 0; row < expected.size(); row++) {
          assertThat(output(lines.get(step), name).get(row)).isEqualTo(expected.get(row).get(step));
        }
      }
      assertThat(lines).hasSize(expected.get(0).size() + 1);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void stepsAreTheUnrollOrAreRefused(Path folder) throws Exception {
    JsonNode golden = golden(folder);
    String model = serve(folder);
    JsonNode view = json(send(request("GET", model, null)));
    if (!view.path("steps").asBoolean()) {
      HttpResponse<byte[]> refused = postJson(model + "/step", body(inputs(golden)).toString());
      assertProblem(refused, 422, "cannot-step");
      assertThat(text(refused)).containsPattern("its (layer|input) '");
      HttpResponse<byte[]> opened = postJson(model + "/sequences", "{}");
      assertProblem(opened, 422, "cannot-step");
      return;
    }
    Map<String, JsonNode> inputs = inputs(golden);
    JsonNode whole = ask(model + "/unroll", body(inputs).put("return_sequences", true));
    JsonNode last = ask(model + "/unroll", body(inputs).put("return_sequences", false));
    int batch = inputs.values().iterator().next().size();
    String id = "steps-" + folder.getFileName();
    ask(model + "/sequences", JSON.createObjectNode().put("batch", batch).put("id", id));
    JsonNode state = JSON.createObjectNode();
    int time = time(view, inputs);
    JsonNode answer = whole;
    for (int step = 0; step < time; step++) {
      ObjectNode body = body(step(view, inputs, step));
      JsonNode kept = ask("/v1/sequences/" + id + "/step", body);
      JsonNode again = ask("/v1/sequences/" + id + "/step", body.deepCopy().put("step", step + 1));
      assertThat(again).isEqualTo(kept);
      body.set("state", state);
      answer = ask(model + "/step", body);
      state = answer.path("state");
      for (JsonNode described : view.path("outputs")) {
        String name = described.path("name").asString();
        assertClose(numbers(output(kept, name)), numbers(output(answer, name)), 1e-6);
        if (described.path("shape").path(1).asString().equals("time")) {
          for (int row = 0; row < batch; row++) {
            assertClose(
                numbers(output(answer, name).get(row)),
                numbers(output(whole, name).get(row).get(step)),
                1e-6);
          }
        }
      }
    }
    for (JsonNode described : view.path("outputs")) {
      String name = described.path("name").asString();
      assertClose(numbers(output(answer, name)), numbers(output(last, name)), 1e-6);
    }
    assertClose(numbers(state), numbers(whole.path("state")), 1e-6);
    send(request("DELETE", "/v1/sequences/" + id, null));
  }

  private static boolean hasTime(JsonNode view, String input) {
    return view.path("inputs")
        .valueStream()
        .filter(each -> each.path("name").asString().equals(input))
        .anyMatch(each -> each.path("shape").path(1).asString("").equals("time"));
  }

  private static int time(JsonNode view, Map<String, JsonNode> inputs) {
    return inputs.entrySet().stream()
        .filter(entry -> hasTime(view, entry.getKey()))
        .mapToInt(entry -> entry.getValue().get(0).size())
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, JsonNode> step(JsonNode view, Map<String, JsonNode> inputs, int step) {
    Map<String, JsonNode> own = new LinkedHashMap<>(inputs);
    own.replaceAll(
        (name, rows) -> {
          if (!hasTime(view, name)) {
            return rows;
          }
          ArrayNode steps = JSON.createArrayNode();
          rows.forEach(row -> steps.add(row.get(step)));
          return steps;
        });
    return own;
  }

  @Test
  void inputsThatDoNotFitAreNamed() throws Exception {
    Path folder = CASES.resolve("keras-two-inputs");
    Map<String, JsonNode> inputs = inputs(golden(folder));
    String unroll = serve(folder) + "/unroll";
    JsonNode history = Objects.requireNonNull(inputs.get("history"));
    JsonNode fixed = Objects.requireNonNull(inputs.get("static"));
    assertProblem(postJson(unroll, "{\"x\": [[1]]}"), 400, "invalid-input", "/x");
    ObjectNode body = JSON.createObjectNode();
    body.putObject("inputs").set("history", history);
    assertProblem(postJson(unroll, body.toString()), 400, "invalid-input", "/inputs/static");
    ((ObjectNode) body.get("inputs")).set("static", fixed.get(0));
    assertProblem(postJson(unroll, body.toString()), 400, "invalid-input", "/inputs/static");
    ((ObjectNode) body.get("inputs")).set("static", fixed);
    ((ObjectNode) body.get("inputs")).set("other", fixed);
    assertProblem(postJson(unroll, body.toString()), 400, "invalid-input", "/inputs/other");
    ((ObjectNode) body.get("inputs")).remove("other");
    ((ArrayNode) body.get("inputs").get("static")).remove(0);
    HttpResponse<byte[]> response = postJson(unroll, body.toString());
    assertProblem(response, 400, "invalid-input", "/inputs/static");
    assertThat(text(response)).contains(history.size() + " rows");
  }

  @Test
  void aWindowHasItsOwnSize() throws Exception {
    Path folder = CASES.resolve("keras-flatten");
    JsonNode golden = golden(folder);
    String unroll = serve(folder) + "/unroll";
    ArrayNode rows = (ArrayNode) Objects.requireNonNull(inputs(golden).get("x"));
    rows.forEach(row -> ((ArrayNode) row).remove(0));
    ObjectNode body = JSON.createObjectNode();
    body.set("x", rows);
    assertProblem(postJson(unroll, body.toString()), 400, "invalid-input", "/x");
    ObjectNode padded = body(inputs(golden));
    padded.putArray("lengths").add(1).add(1).add(1);
    assertProblem(postJson(unroll, padded.toString()), 400, "invalid-input", "/lengths");
  }
}
