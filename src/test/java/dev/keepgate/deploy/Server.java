package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server somewhere else, asked over HTTP alone. */
record Server(URI address) {

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30));
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(request(path).build(), BodyHandlers.ofByteArray());
  }

  boolean isReady() {
    try {
      return get("/actuator/health/readiness").statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The body of an answer that has to be a success. */
  JsonNode json(String path) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = get(path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  /** The status that an upload is answered with. */
  int put(String model, long version, BodyPublisher body) throws IOException, InterruptedException {
    return CLIENT
        .send(
            request("/v1/models/" + model + "/versions/" + version).PUT(body).build(),
            BodyHandlers.ofByteArray())
        .statusCode();
  }

  /** Makes sure that two like versions of a model are served, and one is the other's shadow. */
  void serveWithShadow(String model) throws IOException, InterruptedException {
    Path file = Path.of("src/test/resources/golden/notebook-cell/model.npz");
    for (int version = 1; version <= 2; version++) {
      assertThat(put(model, version, BodyPublishers.ofFile(file))).isIn(200, 201);
    }
    label(model, "stable", "{\"version\": 1}");
    label(model, "next", "{\"version\": 2, \"shadow\": 1}");
  }

  /** Makes a label stand for what a body says. */
  void label(String model, String label, String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        CLIENT.send(
            request("/v1/models/" + model + "/labels/" + label)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  /** The id of a new sequence of a model. */
  String open(String model) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        CLIENT.send(
            request("/v1/models/" + model + "/sequences")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}"))
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(201);
    return JSON.readTree(response.body()).get("id").asString();
  }

  /** The body that a JSON body is answered with. */
  String postJson(String path, String json) throws IOException, InterruptedException {
    HttpResponse<String> response =
        CLIENT.send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  /** What an input is answered with. */
  float[] output(String path, Tensor.Floats x) throws IOException, InterruptedException {
    return values(tensors(path, Map.of("x", x)), "output");
  }

  private HttpResponse<byte[]> post(String path, BodyPublisher tensors)
      throws IOException, InterruptedException {
    return CLIENT.send(
        request(path)
            .header("Content-Type", Safetensors.MEDIA_TYPE)
            .header("Accept", Safetensors.MEDIA_TYPE)
            .POST(tensors)
            .build(),
        BodyHandlers.ofByteArray());
  }

  /** Unrolls a case's sequences and expects its framework's outputs and states. */
  void unroll(String version, GoldenCase golden) throws IOException, InterruptedException {
    Map<String, Tensor.Floats> answer =
        tensors(version + "/unroll", state(golden, "x", input(golden, "x")));
    compare(golden, "y", values(answer, "output"));
    compare(golden, "h", values(answer, "h"));
    compare(golden, "c", values(answer, "c"));
  }

  /** Steps through a case's sequences, the state in hand, and expects the same. */
  void step(String version, GoldenCase golden) throws IOException, InterruptedException {
    GoldenCase.Tensor x = Objects.requireNonNull(golden.inputs().get("x"));
    int batch = x.shape()[0];
    int time = x.shape()[1];
    Map<String, Tensor.Floats> request = state(golden, "x", at(x, 0));
    float[][] outputs = new float[time][];
    for (int t = 0; t < time; t++) {
      Map<String, Tensor.Floats> answer = tensors(version + "/step", request);
      outputs[t] = values(answer, "output");
      request =
          new LinkedHashMap<>(
              Map.of(
                  "x", at(x, Math.min(t + 1, time - 1)),
                  "h", Objects.requireNonNull(answer.get("h")),
                  "c", Objects.requireNonNull(answer.get("c"))));
    }
    compare(golden, "y", batchFirst(outputs, batch));
    compare(golden, "h", values(request, "h"));
    compare(golden, "c", values(request, "c"));
  }

  private Map<String, Tensor.Floats> tensors(String path, Map<String, Tensor.Floats> request)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> response = post(path, BodyPublishers.ofByteArray(body(request)));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    Map<String, Tensor.Floats> answer = new LinkedHashMap<>();
    Safetensors.read(response.body())
        .forEach((name, tensor) -> answer.put(name, (Tensor.Floats) tensor));
    return answer;
  }

  static byte[] body(Map<String, Tensor.Floats> tensors) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Safetensors.write(body, tensors, Map.of());
    return body.toByteArray();
  }

  private static Map<String, Tensor.Floats> state(GoldenCase golden, String name, Tensor.Floats x) {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>(Map.of(name, x));
    if (golden.inputs().containsKey("h0")) {
      tensors.put("h", input(golden, "h0"));
      tensors.put("c", input(golden, "c0"));
    }
    return tensors;
  }

  private static Tensor.Floats input(GoldenCase golden, String name) {
    GoldenCase.Tensor tensor = Objects.requireNonNull(golden.inputs().get(name));
    return Tensor.Floats.of(tensor.floats(), tensor.shape());
  }

  /** Step t of all rows, {@code [batch, size]} of {@code [batch, time, size]}. */
  private static Tensor.Floats at(GoldenCase.Tensor x, int t) {
    int batch = x.shape()[0];
    int time = x.shape()[1];
    int size = x.shape()[2];
    float[] rows = new float[batch * size];
    for (int row = 0; row < batch; row++) {
      System.arraycopy(x.floats(), (row * time + t) * size, rows, row * size, size);
    }
    return Tensor.Floats.of(rows, batch, size);
  }

  private static float[] batchFirst(float[][] steps, int batch) {
    int size = steps[0].length / batch;
    float[] rows = new float[steps.length * batch * size];
    for (int row = 0; row < batch; row++) {
      for (int t = 0; t < steps.length; t++) {
        System.arraycopy(steps[t], row * size, rows, (row * steps.length + t) * size, size);
      }
    }
    return rows;
  }

  private static float[] values(Map<String, Tensor.Floats> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name)).values();
  }

  private static void compare(GoldenCase golden, String name, float[] actual) {
    double[] expected = Objects.requireNonNull(golden.expected().get(name)).data();
    double[] numbers = new double[actual.length];
    Arrays.setAll(numbers, i -> actual[i]);
    assertThat(numbers).as(name).containsExactly(expected, within(golden.tolerance()));
  }
}
