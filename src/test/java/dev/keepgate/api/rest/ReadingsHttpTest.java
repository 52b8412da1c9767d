package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Readings in, and readings, labels and forecasts out, by what lies beside a model. */
class ReadingsHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-scalers");

  static Stream<Path> scalers() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      return cases
          .filter(path -> path.getFileName().toString().startsWith("scaler-"))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static JsonNode golden(Path folder) throws IOException {
    return JSON.readTree(Files.readString(folder.resolve("case.json")));
  }

  private HttpResponse<byte[]> put(String model, Path folder, String config, String... parts)
      throws Exception {
    List<FormPart> form = new ArrayList<>();
    form.add(part("file", folder.resolve("model.keras")));
    for (String part : parts) {
      form.add(part(part.substring(0, part.indexOf('.')), folder.resolve(part)));
    }
    form.add(new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8)));
    return form("PUT", "/v1/models/" + model + "/versions/1", form);
  }

  private static FormPart part(String name, Path file) throws IOException {
    return new FormPart(name, String.valueOf(file.getFileName()), Files.readAllBytes(file));
  }

  private String serve(String model, Path folder, String config, String... parts) throws Exception {
    HttpResponse<byte[]> response = put(model, folder, config, parts);
    assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
    return "/v1/models/" + model;
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
    return json(response);
  }

  private static double[] numbers(JsonNode node) {
    return stream(node).toArray();
  }

  private static DoubleStream stream(JsonNode node) {
    return node.isNumber()
        ? DoubleStream.of(node.asDouble())
        : node.valueStream().flatMapToDouble(ReadingsHttpTest::stream);
  }

  private static void assertClose(double[] actual, double[] expected, double relative) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .as("[%d]: %s, expected %s", i, actual[i], expected[i])
          .isLessThanOrEqualTo(relative * Math.max(1, Math.abs(expected[i])));
    }
  }

  /** [batch, time, features] or less. */
  private static ArrayNode nested(JsonNode tensor) {
    int[] shape = tensor.path("shape").valueStream().mapToInt(JsonNode::asInt).toArray();
    return nested(tensor.path("data"), shape, 0, 0);
  }

  private static ArrayNode nested(JsonNode data, int[] shape, int axis, int index) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = 0; i < shape[axis]; i++) {
      int at = index * shape[axis] + i;
      array.add(axis == shape.length - 1 ? data.get(at) : nested(data, shape, axis + 1, at));
    }
    return array;
  }

  private static ObjectNode x(JsonNode golden) {
    ObjectNode body = JSON.createObjectNode();
    body.set("x", nested(golden.path("inputs").path("x")));
    return body;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scalers")
  void answersReadingsOfReadings(Path folder) throws Exception {
    JsonNode golden = golden(folder);
    double[] expected = numbers(golden.path("expected").path("output").path("data"));
    for (String form : List.of("pkl", "joblib")) {
      String model =
          serve(
              folder.getFileName() + "-" + form,
              folder,
              "{}",
              "scaler." + form,
              "target_scaler." + form);
      JsonNode answer = ask(model + "/unroll", x(golden));
      assertClose(numbers(answer.path("output")), expected, 1e-4);

      ObjectNode infer = JSON.createObjectNode();
      ObjectNode input = infer.putArray("inputs").addObject();
      input.put("name", "x").put("datatype", "FP64");
      input.set("shape", golden.path("inputs").path("x").path("shape"));
      input.set("data", golden.path("inputs").path("x").path("data"));
      JsonNode inferred = ask(model.replace("/v1/", "/v2/") + "/infer", infer);
      assertClose(numbers(inferred.path("outputs").get(0).path("data")), expected, 1e-4);

      JsonNode scaled = ask(model + "/unroll", x(golden).put("scaled", true));
      assertThat(numbers(scaled.path("output"))).isNotEqualTo(numbers(answer.path("output")));
      infer.putObject("parameters").put("scaled", true);
      JsonNode own = ask(model.replace("/v1/", "/v2/") + "/infer", infer);
      assertClose(
          numbers(own.path("outputs").get(0).path("data")), numbers(scaled.path("output")), 1e-6);
      JsonNode view = json(send(request("GET", model, null)));
      assertThat(view.path("scaler").path("columns").size()).isEqualTo(6);
    }
  }

  @Test
  void sequencesAndStreamsSpeakInReadingsToo() throws Exception {
    Path folder = CASES.resolve("scaler-standardscaler");
    JsonNode golden = golden(folder);
    String model = serve("readings-steps", folder, "{}", "scaler.joblib", "target_scaler.joblib");
    double[] expected = numbers(golden.path("expected").path("output").path("data"));
    ArrayNode x = (ArrayNode) x(golden).path("x");
    ask(model + "/sequences", JSON.createObjectNode().put("id", "readings").put("batch", 3));
    JsonNode answer = JSON.createObjectNode();
    for (int step = 0; step < x.get(0).size(); step++) {
      ObjectNode body = JSON.createObjectNode().put("step", step + 1);
      ArrayNode rows = body.putArray("x");
      for (JsonNode row : x) {
        rows.add(row.get(step));
      }
      answer = ask("/v1/sequences/readings/step", body);
      assertThat(ask("/v1/sequences/readings/step", body)).isEqualTo(answer);
    }
    assertClose(numbers(answer.path("output")), expected, 1e-4);
    HttpResponse<byte[]> stream =
        send(
            request(
                    "POST",
                    model + "/unroll",
                    x(golden).toString().getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson"));
    List<JsonNode> lines = text(stream).lines().map(JSON::readTree).toList();
    assertClose(numbers(lines.get(lines.size() - 2).path("output")), expected, 1e-4);
    send(request("DELETE", "/v1/sequences/readings", null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pkl", "joblib"})
  void labelsComeMostLikelyFirst(String form) throws Exception {
    Path folder = CASES.resolve("labels");
    JsonNode golden = golden(folder);
    String model = serve("labels-" + form, folder, "{}", "labels." + form);
    JsonNode answer = ask(model + "/unroll", x(golden).put("top", 3));
    assertClose(
        numbers(answer.path("output")),
        numbers(golden.path("expected").path("output").path("data")),
        1e-5);
    List<Integer> order =
        golden
            .path("expected")
            .path("order")
            .path("data")
            .valueStream()
            .map(JsonNode::asInt)
            .toList();
    List<String> names =
        json(send(request("GET", model, null)))
            .path("labels")
            .valueStream()
            .map(JsonNode::asString)
            .toList();
    List<String> answered = new ArrayList<>();
    for (JsonNode row : answer.path("classes")) {
      row.forEach(ranked -> answered.add(ranked.path("label").asString()));
      double sum = row.valueStream().mapToDouble(each -> each.path("probability").asDouble()).sum();
      assertThat(sum).isBetween(1 - 1e-5, 1 + 1e-5);
    }
    assertThat(answered).containsExactlyElementsOf(order.stream().map(names::get).toList());
    assertThat(answered.get(0))
        .isEqualTo(golden.path("expected").path("classes").path("data").get(0).asString());
    HttpResponse<byte[]> stream =
        send(
            request(
                    "POST",
                    model + "/unroll",
                    x(golden).toString().getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson"));
    List<JsonNode> lines = text(stream).lines().map(JSON::readTree).toList();
    assertThat(lines.get(lines.size() - 2).path("classes"))
        .isEqualTo(ask(model + "/unroll", x(golden)).path("classes"));
    JsonNode one = ask(model + "/unroll", x(golden));
    assertThat(one.path("classes").get(0).size()).isEqualTo(1);
  }

  @Test
  void forecastSlidesInReadings() throws Exception {
    Path folder = CASES.resolve("forecast-window");
    JsonNode golden = golden(folder);
    String model = serve("readings-window", folder, "{}", "scaler.joblib");
    ObjectNode body = JSON.createObjectNode().put("horizon", golden.path("horizon").asInt());
    body.set("history", nested(golden.path("inputs").path("history")));
    JsonNode answer = ask(model + "/forecast", body);
    assertClose(
        numbers(answer.path("forecast")),
        numbers(golden.path("expected").path("forecast").path("data")),
        golden.path("relative_tolerance").asDouble());
  }

  @Test
  void archiveHoldsWhatLiesBeside() throws Exception {
    Path folder = CASES.resolve("scaler-standardscaler");
    JsonNode golden = golden(folder);
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      for (String name : List.of("model.keras", "scaler.pkl", "target_scaler.joblib")) {
        out.putNextEntry(new ZipEntry(name));
        out.write(Files.readAllBytes(folder.resolve(name)));
        out.closeEntry();
      }
    }
    HttpResponse<byte[]> put =
        send(request("PUT", "/v1/models/readings-zip/versions/1", zip.toByteArray()));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    JsonNode answer = ask("/v1/models/readings-zip/unroll", x(golden));
    assertClose(
        numbers(answer.path("output")),
        numbers(golden.path("expected").path("output").path("data")),
        1e-4);
  }

  @Test
  void whatIsLeftOpenIsAskedFor() throws Exception {
    Path folder = CASES.resolve("scaler-standardscaler");
    JsonNode golden = golden(folder);
    HttpResponse<byte[]> open = put("readings-open", folder, "{}", "scaler.pkl");
    assertProblem(open, 400, "invalid-config", "/config/target_columns");
    String model = serve("readings-scaled", folder, "{\"targets\": []}", "scaler.pkl");
    JsonNode own = ask(model + "/unroll", x(golden));
    String first = serve("readings-first", folder, "{\"target_columns\": [2]}", "scaler.pkl");
    JsonNode column = ask(first + "/unroll", x(golden));
    assertThat(numbers(column.path("output"))).isNotEqualTo(numbers(own.path("output")));
    assertProblem(
        put("readings-no", folder, "{\"scaler_columns\": [0, 1]}", "scaler.pkl"),
        400,
        "invalid-config",
        "/config/features");
    assertProblem(
        put(
            "readings-no",
            folder,
            "{\"units\": {\"speed\": \"m/s\"}, \"targets\": []}",
            "scaler.pkl"),
        400,
        "invalid-config",
        "/config/units/speed");
  }

  @Test
  void columnsHaveNamesAndUnits() throws Exception {
    Path folder = CASES.resolve("scaler-standardscaler");
    String config =
        """
        {"features": ["a", "b", "c", "d", "e", "f"], "targets": ["load"], "units": {"load": "kW", "a": "K"},
         "description": "Load of a house", "tags": ["energy"]}""";
    String model = serve("readings-named", folder, config, "scaler.pkl", "target_scaler.pkl");
    JsonNode view = json(send(request("GET", model, null)));
    assertThat(view.path("features").size()).isEqualTo(6);
    assertThat(view.path("targets").get(0).asString()).isEqualTo("load");
    assertThat(view.path("units").path("load").asString()).isEqualTo("kW");
    assertThat(view.path("description").asString()).isEqualTo("Load of a house");
    assertThat(view.path("tags").get(0).asString()).isEqualTo("energy");
  }

  @Test
  void readingsNearAMillionKeepTheirDifference() throws Exception {
    Path folder = CASES.resolve("forecast-window");
    String scaler = "{\"mean\": [100000000], \"scale\": [2]}";
    List<FormPart> parts = new ArrayList<>();
    parts.add(part("file", folder.resolve("model.keras")));
    parts.add(new FormPart("scaler", "scaler.json", scaler.getBytes(StandardCharsets.UTF_8)));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/readings-large/versions/1", parts);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    String model = "/v1/models/readings-large";
    ObjectNode large = JSON.createObjectNode();
    ObjectNode scaled = JSON.createObjectNode().put("scaled", true);
    ArrayNode readings = large.putArray("x");
    ArrayNode own = scaled.putArray("x");
    for (int i = 0; i < 9; i++) {
      readings.addArray().add(100_000_000L + i);
      own.addArray().add(i / 2.0);
    }
    double answered = numbers(ask(model + "/unroll", large).path("output"))[0];
    double expected = numbers(ask(model + "/unroll", scaled).path("output"))[0];
    assertThat((answered - 100_000_000) / 2)
        .isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-6));
  }
}
