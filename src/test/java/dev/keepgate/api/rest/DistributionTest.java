package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A server with models whose output is a distribution. */
abstract class DistributionTest extends ServerTest {

  static final Path CASES = Path.of("src/test/resources/forecasts");

  final long seed = Long.getLong("keepgate.seed", new Random().nextLong()) & ((1L << 53) - 1);

  HttpResponse<byte[]> put(String name, String kind, String config, FormPart... more)
      throws Exception {
    List<FormPart> form = new ArrayList<>(List.of(more));
    byte[] file = Files.readAllBytes(CASES.resolve(kind).resolve("model.pt"));
    form.add(new FormPart("file", "model.pt", file));
    form.add(new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8)));
    return form("PUT", "/v1/models/" + name + "/versions/1", form);
  }

  String serve(String name, String kind, String config, FormPart... more) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = put(name, kind, config, more);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  String gaussian() throws Exception {
    return serve("drawn-gaussian", "gaussian", "{\"distribution\": \"gaussian\"}");
  }

  static FormPart scaler(String name, double mean, double scale) {
    String json = "{\"mean\": [%s], \"scale\": [%s]}".formatted(mean, scale);
    return new FormPart(name, name + ".json", json.getBytes(StandardCharsets.UTF_8));
  }

  JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  static JsonNode golden(String kind) throws Exception {
    return JSON.readTree(Files.readString(CASES.resolve(kind).resolve("case.json")));
  }

  ObjectNode body(JsonNode history, int horizon) {
    ObjectNode body = JSON.createObjectNode().put("horizon", horizon).put("seed", seed);
    body.set("history", history);
    return body;
  }

  ObjectNode body(int horizon) throws Exception {
    return body(golden("gaussian").path("history"), horizon);
  }

  static double[] numbers(JsonNode array) {
    return array
        .valueStream()
        .flatMapToDouble(
            each ->
                each.isNumber() ? DoubleStream.of(each.asDouble()) : Arrays.stream(numbers(each)))
        .toArray();
  }

  void assertClose(double actual, double expected, double tolerance, String what) {
    assertThat(Math.abs(actual - expected))
        .as("seed %d: %s is %s, expected %s", seed, what, actual, expected)
        .isLessThanOrEqualTo(tolerance);
  }

  void assertClose(JsonNode actual, JsonNode expected) {
    double[] numbers = numbers(actual);
    double[] wanted = numbers(expected);
    assertThat(numbers).hasSameSizeAs(wanted);
    for (int i = 0; i < numbers.length; i++) {
      assertClose(numbers[i], wanted[i], 2e-5 * Math.max(1, Math.abs(wanted[i])), "[" + i + "]");
    }
  }
}
