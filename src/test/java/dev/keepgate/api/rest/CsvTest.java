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
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A server that is asked by files of CSV. */
abstract class CsvTest extends ServerTest {

  static final Path CASES = Path.of("src/test/resources/golden-scalers");

  final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  final Random random = new Random(seed);

  /** A model of two numbers and a state. */
  String pair() throws Exception {
    return serve("csv-pair", "forecast-stateful", "model.pt", "{\"features\": [\"a\", \"b\"]}");
  }

  /** The same without names. */
  String bare() throws Exception {
    return serve("csv-bare", "forecast-stateful", "model.pt", "{}");
  }

  String serve(String name, String folder, String file, String config) throws Exception {
    if (send(request("GET", "/v1/models/" + name, null)).statusCode() == 404) {
      HttpResponse<byte[]> put = upload(name, List.of(CASES.resolve(folder).resolve(file)), config);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/" + name;
  }

  /** A scaler and a model of readings, as its case has them. */
  String load() throws Exception {
    if (send(request("GET", "/v1/models/csv-load", null)).statusCode() == 404) {
      Path folder = CASES.resolve("scaler-standardscaler");
      List<FormPart> parts = new ArrayList<>();
      parts.add(
          new FormPart("file", "model.keras", Files.readAllBytes(folder.resolve("model.keras"))));
      for (String side : List.of("scaler", "target_scaler")) {
        Path file = folder.resolve(side + ".joblib");
        parts.add(new FormPart(side, side + ".joblib", Files.readAllBytes(file)));
      }
      parts.add(
          new FormPart(
              "config", null, "{\"targets\": [\"load\"]}".getBytes(StandardCharsets.UTF_8)));
      HttpResponse<byte[]> put = form("PUT", "/v1/models/csv-load/versions/1", parts);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    return "/v1/models/csv-load";
  }

  HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws Exception {
    var request = request("POST", path, body).header("Content-Type", "text/csv");
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return send(request);
  }

  HttpResponse<byte[]> post(String path, String body, String... headers) throws Exception {
    return post(path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  /** The lines of an answer, each as its fields. */
  List<String[]> ask(String path, String body) throws Exception {
    return lines(post(path, body));
  }

  List<String[]> lines(HttpResponse<byte[]> response) {
    assertThat(response.statusCode()).as("seed %d: %s", seed, text(response)).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/csv;charset=UTF-8");
    return text(response).lines().map(line -> line.split(",", -1)).toList();
  }

  double[][] randomRows(int count, int width) {
    double[][] rows = new double[count][width];
    for (double[] row : rows) {
      Arrays.setAll(row, i -> (float) random.nextGaussian());
    }
    return rows;
  }

  static String csv(double[][] rows) {
    return Arrays.stream(rows)
        .map(
            row ->
                Arrays.stream(row).mapToObj(Double::toString).collect(Collectors.joining(","))
                    + "\n")
        .collect(Collectors.joining());
  }

  static ArrayNode json(double[][] rows, int from, int to) {
    ArrayNode array = JSON.createArrayNode();
    for (int i = from; i < to; i++) {
      ArrayNode row = array.addArray();
      Arrays.stream(rows[i]).forEach(row::add);
    }
    return array;
  }

  JsonNode unroll(String model, ArrayNode x, boolean sequences) throws Exception {
    ObjectNode body = JSON.createObjectNode().put("return_sequences", sequences);
    body.set("x", x);
    HttpResponse<byte[]> response = postJson(model + "/unroll", body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response).path("output");
  }

  void assertNumbers(String[] line, int from, JsonNode expected) {
    for (int i = 0; i < expected.size(); i++) {
      double difference = Double.parseDouble(line[from + i]) - expected.get(i).asDouble();
      assertThat(Math.abs(difference)).as("seed %d", seed).isLessThan(2e-6);
    }
  }
}
