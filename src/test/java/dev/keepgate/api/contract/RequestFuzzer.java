package dev.keepgate.api.contract;

import dev.keepgate.ModelBytes;
import dev.keepgate.api.contract.ApiContract.Operation;
import dev.keepgate.api.contract.RawHttp.Framing;
import dev.keepgate.api.contract.RawHttp.Request;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes requests of an operation: as documented, and more or less beside it. */
final class RequestFuzzer {

  private static final String BOUNDARY = "fuzz-boundary";
  private static final String JSON = "application/json";
  private static final String CSV = "text/csv";
  private static final List<String> HOSTILE =
      List.of(
          "%20",
          "a.b",
          "...",
          "-a",
          "a%00b",
          "a%2Fb",
          "..%2f..",
          "%zz",
          "%C3%A9",
          "%ff",
          "a:b",
          "0",
          "-1",
          "01",
          "1e3",
          "9999999999999999999",
          "99999999999999999",
          "a;b=c",
          "{a}",
          "a|b",
          "%252e",
          "a".repeat(200),
          "none",
          "*",
          "a%0d%0aX:y");
  private static final List<String> MEDIA_TYPES =
      List.of(
          JSON,
          Safetensors.MEDIA_TYPE,
          "application/octet-stream",
          "text/plain",
          "nonsense",
          "*/*",
          "application/json;charset=utf-16",
          "application/json; charset=nope",
          "application/*+json",
          "multipart/form-data",
          "multipart/form-data; boundary=x",
          "text/event-stream",
          "application/x-ndjson",
          CSV,
          "application/x-www-form-urlencoded",
          "/",
          "application/json;q=2");

  /** A model that answers as many numbers as it takes. */
  static final String FORECASTER = "pytorch-nobias";

  /** A model that takes ids and answers their probabilities. */
  static final String GENERATOR = "text-ids";

  /** A sequence of it that has taken a step. */
  /** A label of every model that is not changed. */
  static final String LABEL = "tried";

  static final String STEPPED = "stepped";

  private final Random random;
  private final JsonFuzzer json;
  private final Map<String, Integer> widths;

  /**
   * @param widths what the served models take: a step's numbers; 0 where it is an id
   */
  RequestFuzzer(ApiContract contract, Random random, Map<String, Integer> widths) {
    this.random = random;
    this.json = new JsonFuzzer(contract, random);
    this.widths = widths;
  }

  /**
   * A request, and what is known of it.
   *
   * @param routed whether it must reach the operation: its path and method are whole
   */
  record Fuzzed(Request request, boolean routed) {}

  Fuzzed next(Operation operation) {
    boolean routed = true;
    String path = operation.path();
    String model = json.pick(List.copyOf(widths.keySet()));
    for (JsonNode parameter : operation.parameters("path")) {
      String name = parameter.get("name").asString();
      boolean hostile = json.chance(0.05);
      routed &= !hostile;
      path =
          path.replace(
              "{" + name + "}", hostile ? json.pick(HOSTILE) : known(operation, parameter, model));
    }
    String method = operation.method();
    if (json.chance(0.03)) {
      // Only of the fuzz's own models may one be deleted: the others are asked at the end.
      method =
          json.pick(
              changesModels(operation)
                  ? List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO")
                  : List.of("GET", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "FOO"));
      routed &= method.equals(operation.method());
    }
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    byte[] body = operation.json().has("requestBody") ? body(operation, model, headers) : null;
    if (body == null && json.chance(0.02)) {
      body = new byte[] {'{', '}'};
    }
    if (method.equals("TRACE")) {
      // It must not have one (RFC 9110, 9.3.8).
      body = null;
    }
    addHeaders(operation, headers);
    Framing framing =
        switch (random.nextInt(25)) {
          case 0 -> Framing.TRUNCATED;
          case 1 -> Framing.BROKEN_CHUNKS;
          case 2, 3 -> Framing.CHUNKED;
          default -> Framing.LENGTH;
        };
    return new Fuzzed(new Request(method, path + query(operation), headers, body, framing), routed);
  }

  private String known(Operation operation, JsonNode parameter, String model) {
    return switch (parameter.get("name").asString()) {
      case "model" ->
          changesModels(operation)
              ? "fuzz-" + random.nextInt(5)
              : ofReadings(operation) && json.chance(0.8)
                  ? FORECASTER
                  : operation.path().endsWith("/generate") && json.chance(0.8)
                      ? GENERATOR
                      : json.chance(0.6) && parameter.has("example")
                          ? parameter.get("example").asString()
                          : model;
      case "label" -> json.chance(0.8) ? LABEL : json.pick(List.of("tried-2", "Tried", "7"));
      case "version" -> json.chance(0.8) ? "1" : Integer.toString(random.nextInt(1, 4));
      default ->
          operation.path().endsWith("/forecast") && json.chance(0.8)
              ? STEPPED
              : json.pick(List.of("chat-7", "chat-7b", "s-" + random.nextInt(5)));
    };
  }

  /** Whether it takes a model that answers the numbers that it takes. */
  private static boolean ofReadings(Operation operation) {
    return operation.path().startsWith("/v1/models")
        && Stream.of("/forecast", "/detect", "/threshold").anyMatch(operation.path()::endsWith);
  }

  /** The notebook's models answer other numbers than they take, so the document has no example. */
  private ObjectNode readings(Operation operation) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    if (operation.path().endsWith("/forecast")) {
      body.set("history", json.tensor(random.nextInt(1, 4), 6));
      return body.put("horizon", random.nextInt(1, 9));
    }
    body.set("x", json.tensor(random.nextInt(2, 5), 6));
    return body.put("kind", "forecast");
  }

  private ObjectNode timeSeries() {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", FORECASTER);
    body.putObject("options").put("horizon", random.nextInt(1, 9));
    ObjectNode series = body.putArray("inputs").addObject();
    series.put("type", "multivariate_time_series").put("name", "load").put("frequency", "H");
    series.set("series", json.tensor(random.nextInt(1, 4), 6));
    return body.putNull("metadata");
  }

  private static boolean changesModels(Operation operation) {
    return operation.method().equals("DELETE")
        || operation.path().endsWith("/versions")
        || (operation.method().equals("POST") && operation.path().endsWith("/{version}"))
        || operation.method().equals("PUT")
        || operation.path().endsWith("load");
  }

  private String query(Operation operation) {
    StringBuilder query = new StringBuilder();
    for (JsonNode parameter : operation.parameters("query")) {
      if (json.chance(0.08)) {
        JsonNode value = json.ofSchema(parameter.path("schema"));
        String text = value.isValueNode() ? value.asString("") : value.toString();
        append(query, parameter.get("name").asString(), json.chance(0.7) ? text : "beside-" + text);
      }
    }
    if (json.chance(0.03)) {
      append(query, json.pick(List.of("unknown", "trace", "x[]", "")), "1");
    }
    return query.toString();
  }

  private static void append(StringBuilder query, String name, String value) {
    query.append(query.isEmpty() ? '?' : '&');
    query.append(URLEncoder.encode(name, StandardCharsets.UTF_8)).append('=');
    query.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }

  private void addHeaders(Operation operation, List<Map.Entry<String, String>> headers) {
    if (json.chance(0.2)) {
      headers.add(Map.entry("Accept", json.pick(MEDIA_TYPES)));
    }
    if (json.chance(0.05)) {
      headers.add(
          Map.entry(
              "Accept-Encoding", json.pick(List.of("gzip", "deflate", "br", "gzip;q=0", "?"))));
    }
    if (json.chance(0.02)) {
      headers.add(Map.entry("Expect", json.pick(List.of("100-continue", "magic"))));
    }
    if (json.chance(0.02)) {
      headers.add(Map.entry("deadline", json.pick(List.of("50ms", "1ns", "soon", "-1s"))));
    }
    for (JsonNode parameter : operation.parameters("header")) {
      if (json.chance(0.05)) {
        String value = json.pick(List.of("0", "10", "-1", "1e3", "99999999999", "x", ""));
        headers.add(Map.entry(parameter.get("name").asString(), value));
      }
    }
  }

  private byte @Nullable [] body(
      Operation operation, String model, List<Map.Entry<String, String>> headers) {
    JsonNode content = operation.json().at("/requestBody/content");
    String type = json.pick(List.copyOf(content.propertyNames()));
    if (content.has(JSON) && json.chance(0.7)) {
      type = JSON;
    }
    byte[] body =
        switch (type) {
          case JSON -> jsonBody(operation, content.get(JSON), model);
          case "multipart/form-data" -> form();
          case Safetensors.MEDIA_TYPE -> maybeFlipped(safetensors());
          case CSV -> csv(widths.getOrDefault(model, 6));
          default ->
              operation.path().startsWith("/v2")
                  ? binaryInfer(headers)
                  : maybeFlipped(ModelBytes.pytorch(3, 4, random.nextInt(3)));
        };
    if (body != null && json.chance(0.01)) {
      body = new byte[random.nextInt(4) * 100_000];
    }
    addBodyHeaders(type, headers);
    return body != null && json.chance(0.05) ? packed(body, headers) : body;
  }

  private void addBodyHeaders(String type, List<Map.Entry<String, String>> headers) {
    if (json.chance(0.95)) {
      String whole = type.startsWith("multipart") ? type + "; boundary=" + BOUNDARY : type;
      headers.add(Map.entry("Content-Type", json.chance(0.9) ? whole : json.pick(MEDIA_TYPES)));
    }
  }

  private byte[] packed(byte[] body, List<Map.Entry<String, String>> headers) {
    String coding = json.pick(List.of("gzip", "deflate", "br", "identity", "gzip, gzip"));
    headers.add(Map.entry("Content-Encoding", coding));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (var packed =
        coding.equals("deflate") ? new DeflaterOutputStream(out) : new GZIPOutputStream(out)) {
      packed.write(json.chance(0.05) ? new byte[5_000_000] : body);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return json.chance(0.2) ? body : maybeFlipped(out.toByteArray());
  }

  private byte[] maybeFlipped(byte[] bytes) {
    return json.chance(0.5) ? bytes : json.flipped(bytes);
  }

  private byte @Nullable [] jsonBody(Operation operation, JsonNode content, String model) {
    List<JsonNode> examples = new ArrayList<>();
    if (content.has("example")) {
      examples.add(content.get("example"));
    }
    content.path("examples").forEach(example -> examples.add(example.get("value")));
    if (ofReadings(operation)) {
      examples.add(readings(operation));
    } else if (operation.path().startsWith("/v1/timeseries")) {
      examples.add(timeSeries());
    } else if (operation.path().endsWith("/forecast")) {
      examples.add(JsonNodeFactory.instance.objectNode().put("horizon", random.nextInt(1, 9)));
    }
    if (operation.path().endsWith("/generate")) {
      ObjectNode text = JsonNodeFactory.instance.objectNode();
      text.putArray("prompt").add(random.nextInt(8)).add(random.nextInt(8));
      text.put("max_steps", random.nextInt(1, 9));
      examples.add(text);
      examples.add(text.deepCopy().put("temperature", 0.7).put("top_k", 3).put("seed", 5));
    }
    JsonNode value =
        examples.isEmpty() || json.chance(0.25)
            ? json.ofSchema(content.get("schema"))
            : json.pick(examples).deepCopy();
    // Sequences are mostly opened by an example, whose steps are those of examples.
    boolean isOfSequence = operation.path().startsWith("/v1/sequences");
    if (value instanceof ObjectNode object
        && object.has("x")
        && json.chance(isOfSequence ? 0.1 : 0.4)) {
      object.set("x", x(operation, widths.getOrDefault(model, 6)));
    }
    if (value instanceof ObjectNode object && object.has("id") && json.chance(0.9)) {
      object.set("id", JsonNodeFactory.instance.stringNode("s-" + random.nextInt(5)));
    }
    for (int i = json.chance(0.4) ? 0 : random.nextInt(3); i > 0; i--) {
      value = json.mutated(value);
    }
    if (json.chance(0.02)) {
      return null;
    }
    return json.chance(0.1)
        ? json.broken(value)
        : value.toString().getBytes(StandardCharsets.UTF_8);
  }

  private JsonNode x(Operation operation, int width) {
    List<Integer> shape = new ArrayList<>(List.of(random.nextInt(1, 4)));
    if (operation.path().endsWith("unroll")) {
      shape.add(random.nextInt(1, 4));
    }
    if (width > 0) {
      shape.add(width);
    }
    return json.tensor(shape.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Lines of numbers as a model takes them, or more or less beside them. */
  private byte[] csv(int width) {
    StringBuilder lines = new StringBuilder(json.chance(0.2) ? "a,b,c,d,e,f\n" : "");
    int columns = json.chance(0.9) ? Math.max(1, width) : random.nextInt(8);
    for (int line = random.nextInt(1, 12); line > 0; line--) {
      for (int column = 0; column < columns; column++) {
        lines.append(column > 0 ? "," : "");
        lines.append(width == 0 ? "1" : Float.toString(random.nextFloat()));
        lines.append(json.chance(0.01) ? json.pick(List.of("x", "\"", "\n", ",", "é")) : "");
      }
      lines.append('\n');
    }
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    return json.chance(0.1) ? json.flipped(bytes) : bytes;
  }

  private byte[] safetensors() {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    int rows = random.nextInt(1, 3);
    tensors.put("x", json.chance(0.5) ? floats(rows, 6) : floats(rows, 2, 6));
    if (json.chance(0.3)) {
      tensors.put(json.pick(List.of("h", "c", "lengths", "h.0", "y", "")), floats(rows, 4));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      Safetensors.write(out, tensors, Map.of());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private Tensor.Floats floats(int... shape) {
    float[] values = new float[(int) Tensor.count(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = json.chance(0.02) ? Float.NaN : random.nextFloat();
    }
    return Tensor.Floats.of(values, shape);
  }

  /** JSON with the bytes of x behind it, as Triton's clients send. */
  private byte[] binaryInfer(List<Map.Entry<String, String>> headers) {
    int size = json.chance(0.8) ? 48 : random.nextInt(60);
    String head =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,1,6],\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%d}}],\"parameters\":{\"binary_data_output\":%s}}"
            .formatted(json.chance(0.8) ? "FP32" : "FP16", size, random.nextBoolean());
    JsonNode document = JsonMapper.shared().readTree(head);
    byte[] front =
        (json.chance(0.7) ? document : json.mutated(document))
            .toString()
            .getBytes(StandardCharsets.UTF_8);
    headers.add(Map.entry("Inference-Header-Content-Length", Integer.toString(front.length)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(front);
    byte[] data = new byte[size];
    if (json.chance(0.3)) {
      random.nextBytes(data);
    }
    out.writeBytes(data);
    return maybeFlipped(out.toByteArray());
  }

  private byte[] form() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    part(out, "name=\"file\"; filename=\"m\"", maybeFlipped(ModelBytes.pytorch(3, 4, 1)));
    if (json.chance(0.6)) {
      String config =
          json.pick(
              List.of(
                  "{}",
                  "{\"forget_bias\": 0.5}",
                  "{\"activation\": \"relu\"}",
                  "{\"a\": 1}",
                  "[",
                  "3",
                  "{\"hidden_size\": 1e99}",
                  "{\"prefix\": \"\\u0000\"}"));
      part(out, "name=\"config\"", config.getBytes(StandardCharsets.UTF_8));
    }
    if (json.chance(0.1)) {
      part(
          out,
          json.pick(List.of("name=\"other\"", "name=", "", "name=\"file\"; filename=\"../x\"")),
          new byte[3]);
    }
    out.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return json.chance(0.8) ? out.toByteArray() : json.flipped(out.toByteArray());
  }

  private static void part(ByteArrayOutputStream out, String disposition, byte[] content) {
    String head =
        "--%s\r\nContent-Disposition: form-data; %s\r\n\r\n".formatted(BOUNDARY, disposition);
    out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    out.writeBytes(content);
    out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }
}
