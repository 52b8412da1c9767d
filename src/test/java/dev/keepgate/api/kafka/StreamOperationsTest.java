package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.KafkaRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a record is answered with is what the same sequence is over HTTP, in every format. */
class StreamOperationsTest {

  private static final Path CASES = Path.of("src/test/resources/golden-scalers");
  private static final Path READINGS = CASES.resolve("scaler-standardscaler");
  private static final int HORIZON = 3;
  private static final long T = System.currentTimeMillis() - 1_000_000;
  private static final String TRACEPARENT =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  /** Name, model, operation, value-format, output-format. */
  private static final List<List<String>> BINDINGS =
      List.of(
          List.of("detect-json", "usual", "detect", "json", "json"),
          List.of("detect-array", "usual", "detect", "array", "array"),
          List.of("forecast-json", "usual", "forecast", "json", "json"),
          List.of("forecast-csv", "usual", "forecast", "csv", "csv"),
          List.of("forecast-array", "usual", "forecast", "array", "array"),
          List.of("forecast-floats", "usual", "forecast", "float32", "float32"),
          List.of("step-csv", "usual", "step", "csv", "csv"),
          List.of("step-floats", "usual", "step", "float32", "float32"),
          List.of("step-readings", "readings", "step", "json", "array"),
          List.of("step-traced", "usual", "step", "array", "json"));

  private static StreamServer server;
  private static KafkaRecords records;
  private static List<String> rows;

  @BeforeAll
  static void start() throws Exception {
    List<String> arguments = new ArrayList<>();
    for (List<String> each : BINDINGS) {
      String name = each.get(0);
      StreamServer.createTopics(StreamServer.broker(), name, 1);
      Map<String, String> settings = StreamServer.topics(name, each.get(1));
      settings.put("operation", each.get(2));
      settings.put("value-format", each.get(3));
      settings.put("output-format", each.get(4));
      if (each.get(2).equals("forecast")) {
        settings.put("horizon", Integer.toString(HORIZON));
      }
      arguments.addAll(StreamServer.binding(BINDINGS.indexOf(each), settings));
    }
    String bootstrap = StreamServer.broker().bootstrap();
    records = new KafkaRecords(bootstrap);
    server = StreamServer.start(bootstrap, "operations-test", arguments);
    server.upload(
        "/v1/models/usual/versions/1",
        Map.of("file", CASES.resolve("forecast-stateful/model.pt")),
        "{\"threshold\": 0.9}");
    server.upload(
        "/v1/models/readings/versions/1",
        Map.of(
            "file", READINGS.resolve("model.keras"),
            "scaler", READINGS.resolve("scaler.joblib"),
            "target_scaler", READINGS.resolve("target_scaler.joblib")),
        "{}");
    rows = rows(CASES.resolve("forecast-stateful"), "/inputs/history", 2, 6);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    records.close();
  }

  /** The first steps of a golden case's first row, as CSV. */
  private static List<String> rows(Path folder, String tensor, int width, int steps)
      throws Exception {
    JsonNode data =
        StreamServer.JSON
            .readTree(Files.readString(folder.resolve("case.json")))
            .at(tensor + "/data");
    List<String> rows = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      List<String> numbers = new ArrayList<>();
      for (int i = 0; i < width; i++) {
        numbers.add(Float.toString(data.get(step * width + i).floatValue()));
      }
      rows.add(String.join(",", numbers));
    }
    return rows;
  }

  private static byte[] value(String format, String row) {
    return switch (format) {
      case "json" -> bytes("{\"x\":[" + row + "]}");
      case "array" -> bytes("[" + row + "]");
      case "csv" -> bytes(row);
      default -> {
        String[] numbers = row.split(",");
        ByteBuffer floats =
            ByteBuffer.allocate(Float.BYTES * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(numbers).map(Float::parseFloat).forEach(floats::putFloat);
        yield floats.array();
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Sends the rows, and reads the answers. */
  private static List<ConsumerRecord<byte[], byte[]>> answers(
      String binding, String format, List<String> rows) {
    for (int step = 0; step < rows.size(); step++) {
      records.send(
          KafkaRecords.record(
              binding + "-in", bytes("k"), value(format, rows.get(step)), T + step, Map.of()));
    }
    List<ConsumerRecord<byte[], byte[]>> answers = records.collect(binding + "-out", rows.size());
    assertThat(answers).hasSize(rows.size());
    return answers;
  }

  /** A sequence of a model's, over HTTP. */
  private static String open(String model) throws Exception {
    JsonNode opened = server.post("/v1/models/" + model + "/sequences", "{}");
    return "/v1/sequences/" + opened.get("id").asString();
  }

  private static JsonNode step(String sequence, String row, boolean detect) throws Exception {
    return server.post(sequence + "/step", "{\"detect\":%s,\"x\":[%s]}".formatted(detect, row));
  }

  private static JsonNode forecast(String sequence) throws Exception {
    return server.post(sequence + "/forecast", "{\"horizon\":" + HORIZON + "}");
  }

  /** Has all of the fields, and no more. */
  private static void assertSame(String what, JsonNode actual, JsonNode expected) {
    if (expected.isNumber()) {
      assertThat(actual.asDouble()).as(what).isCloseTo(expected.asDouble(), within(1e-5));
    } else if (expected.isContainer()) {
      assertThat(actual.size())
          .as("%s: %s beside %s", what, actual, expected)
          .isEqualTo(expected.size());
      if (expected.isArray()) {
        for (int i = 0; i < expected.size(); i++) {
          assertSame(what + "/" + i, actual.get(i), expected.get(i));
        }
      } else {
        expected
            .propertyNames()
            .forEach(name -> assertSame(what + "/" + name, actual.path(name), expected.get(name)));
      }
    } else {
      assertThat(actual).as(what).isEqualTo(expected);
    }
  }

  private static JsonNode json(ConsumerRecord<byte[], byte[]> answer) {
    return StreamServer.JSON.readTree(answer.value());
  }

  private static String text(ConsumerRecord<byte[], byte[]> answer) {
    return new String(answer.value(), StandardCharsets.UTF_8);
  }

  /** Little-endian floats as JSON. */
  private static JsonNode floats(ConsumerRecord<byte[], byte[]> answer) {
    ByteBuffer floats = ByteBuffer.wrap(answer.value()).order(ByteOrder.LITTLE_ENDIAN);
    var array = StreamServer.JSON.createArrayNode();
    while (floats.hasRemaining()) {
      array.add(floats.getFloat());
    }
    return array;
  }

  /** The numbers of a nested array, one after the other. */
  private static JsonNode flat(JsonNode nested) {
    var array = StreamServer.JSON.createArrayNode();
    for (JsonNode row : nested) {
      row.forEach(array::add);
    }
    return array;
  }

  @Test
  void detectionsAreThoseOfTheSequence() throws Exception {
    var whole = answers("detect-json", "json", rows);
    var errors = answers("detect-array", "array", rows);
    String sequence = open("usual");
    for (int i = 0; i < rows.size(); i++) {
      JsonNode expected = step(sequence, rows.get(i), true);
      assertThat(expected.has("error") && expected.has("anomaly")).isTrue();
      for (String field : List.of("output", "error", "anomaly", "threshold", "step")) {
        assertSame(i + " " + field, json(whole.get(i)).path(field), expected.path(field));
      }
      assertThat(json(errors.get(i)).size()).isEqualTo(1);
      assertSame("error " + i, json(errors.get(i)).get(0), expected.get("error"));
    }
  }

  @Test
  void forecastsAreThoseOfTheSequenceInEveryFormat() throws Exception {
    var json = answers("forecast-json", "json", rows);
    var csv = answers("forecast-csv", "csv", rows);
    var array = answers("forecast-array", "array", rows);
    var floats = answers("forecast-floats", "float32", rows);
    String sequence = open("usual");
    for (int i = 0; i < rows.size(); i++) {
      step(sequence, rows.get(i), false);
      JsonNode expected = forecast(sequence);
      assertThat(expected.get("forecast").size()).isEqualTo(HORIZON);
      assertSame("json " + i, json(json.get(i)), expected);
      assertSame("array " + i, json(array.get(i)), expected.get("forecast"));
      assertSame("floats " + i, floats(floats.get(i)), flat(expected.get("forecast")));
      assertThat(text(csv.get(i)).lines()).hasSize(HORIZON);
      String lines = "[[" + String.join("],[", text(csv.get(i)).lines().toList()) + "]]";
      assertSame("csv " + i, StreamServer.JSON.readTree(lines), expected.get("forecast"));
      assertThat(KafkaRecords.headers(json.get(i)).get("keepgate.step"))
          .asString(StandardCharsets.UTF_8)
          .isEqualTo(Integer.toString(i + 1));
    }
    // A forecast takes no step of its own.
    var state = StreamServer.JSON.readTree(server.get("/v1/sequences/forecast-json:k").body());
    var alone = StreamServer.JSON.readTree(server.get(sequence).body());
    assertSame("state", state.get("state"), alone.get("state"));
    assertThat(state.get("step").asInt()).isEqualTo(rows.size());
  }

  @Test
  void stepsAreThoseOfTheSequenceInEveryFormat() throws Exception {
    var csv = answers("step-csv", "csv", rows);
    var floats = answers("step-floats", "float32", rows);
    String sequence = open("usual");
    for (int i = 0; i < rows.size(); i++) {
      JsonNode expected = step(sequence, rows.get(i), false).get("output");
      assertSame("csv " + i, StreamServer.JSON.readTree("[" + text(csv.get(i)) + "]"), expected);
      assertSame("floats " + i, floats(floats.get(i)), expected);
    }
  }

  /** Scalers on both sides; columns by their names or in their order. */
  @Test
  void readingsAreScaledAsOverHttp() throws Exception {
    List<String> readings = rows(READINGS, "/inputs/x", 6, 4);
    var answers = answers("step-readings", "json", readings);
    String sequence = open("readings");
    for (int i = 0; i < readings.size(); i++) {
      JsonNode expected = step(sequence, readings.get(i), false).get("output");
      assertThat(expected.get(0).asDouble()).isGreaterThan(5);
      assertSame("readings " + i, json(answers.get(i)), expected);
    }
  }

  /** Where there is no collector whoever reads the answers continues the trace of the records. */
  @Test
  void traceIsPassedOnAsItCame() throws Exception {
    Map<String, byte[]> context =
        Map.of("traceparent", bytes(TRACEPARENT), "tracestate", bytes("plant=7"));
    records.send(
        KafkaRecords.record("step-traced-in", bytes("k"), value("array", rows.get(0)), T, context));
    records.send(KafkaRecords.record("step-traced-in", bytes("k"), bytes("none"), T + 1, context));
    for (String topic : List.of("step-traced-out", "step-traced-dead")) {
      Map<String, byte[]> headers = KafkaRecords.headers(records.collect(topic, 1).get(0));
      assertThat(headers.get("traceparent"))
          .as(topic)
          .asString(StandardCharsets.UTF_8)
          .isEqualTo(TRACEPARENT);
      assertThat(headers.get("tracestate")).asString(StandardCharsets.UTF_8).isEqualTo("plant=7");
    }
  }
}
