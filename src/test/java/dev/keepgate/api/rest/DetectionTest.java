package dev.keepgate.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A server with models that tell what is not usual. */
abstract class DetectionTest extends ServerTest {

  static final Path CASES = Path.of("src/test/resources/golden-scalers");
  static final Path NETWORKS = Path.of("src/test/resources/golden-networks");
  static final Path AUTOENCODER = NETWORKS.resolve("keras-autoencoder");

  final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  String serve(String name, Path file, String config) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = upload(name, List.of(file), config);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  String serve(String name, Path file, String config, Map<String, String> parts) throws Exception {
    List<FormPart> form = new ArrayList<>();
    form.add(new FormPart("file", file.getFileName().toString(), Files.readAllBytes(file)));
    parts.forEach((part, text) -> form.add(new FormPart(part, part, text.getBytes(UTF_8))));
    form.add(new FormPart("config", null, config.getBytes(UTF_8)));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/" + name + "/versions/1", form);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    return "/v1/models/" + name;
  }

  JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as("seed %d: %s", seed, text(response)).isEqualTo(200);
    return json(response);
  }

  static ObjectNode body(JsonNode x) {
    ObjectNode body = JSON.createObjectNode();
    body.set("x", x);
    return body;
  }

  ArrayNode random(int... shape) {
    return random(new Random(seed), shape, 0);
  }

  static ArrayNode random(Random random, int[] shape, int axis) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = 0; i < shape[axis]; i++) {
      if (axis == shape.length - 1) {
        array.add((float) random.nextGaussian());
      } else {
        array.add(random(random, shape, axis + 1));
      }
    }
    return array;
  }

  static void flatten(JsonNode node, List<Double> into) {
    if (node.isArray()) {
      node.forEach(element -> flatten(element, into));
    } else {
      into.add(node.isNull() ? Double.NaN : node.asDouble());
    }
  }

  static double[] numbers(JsonNode node) {
    List<Double> numbers = new ArrayList<>();
    flatten(node, numbers);
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static double error(String metric, double[] said, double[] was, int first, int stride) {
    double sum = 0;
    int count = 0;
    for (int i = first; i < said.length; i += stride) {
      double error = said[i] - was[i];
      sum += metric.equals("mae") ? Math.abs(error) : error * error;
      count++;
    }
    return metric.equals("rmse") ? Math.sqrt(sum / count) : sum / count;
  }

  static int[] sizes(JsonNode model) {
    JsonNode shape = model.at("/outputs/0/shape");
    return new int[] {shape.get(1).asInt(), shape.get(2).asInt()};
  }
}
