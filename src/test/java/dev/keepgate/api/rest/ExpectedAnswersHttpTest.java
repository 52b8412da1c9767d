package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Models that are held against what they are to answer, each time they are loaded. */
class ExpectedAnswersHttpTest extends ServerTest {

  private static final Path CELL_FILE =
      Path.of("src/test/resources/golden/notebook-cell/model.npz");
  private static final Path TWO_INPUTS =
      Path.of("src/test/resources/golden-networks/keras-two-inputs/model.keras");
  private static final Path READINGS =
      Path.of("src/test/resources/golden-scalers/scaler-standardscaler");
  private static final String ASKED = "[[1,2,3,4,3,2],[3,2,2,2,2,2]]";

  private HttpResponse<byte[]> put(String path, Path file, String expected) throws Exception {
    List<FormPart> parts = new ArrayList<>();
    parts.add(new FormPart("file", file.getFileName().toString(), Files.readAllBytes(file)));
    parts.add(new FormPart("expected", "expected.json", bytes(expected)));
    return form(path.endsWith("inspect") ? "POST" : "PUT", path, parts);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What the notebook's cell answers of two rows, which its golden test holds against PyTorch. */
  private ObjectNode cellCase(String operation) throws Exception {
    ObjectNode body = JSON.createObjectNode();
    body.set("x", JSON.readTree(operation.equals("step") ? ASKED : "[" + ASKED + "]"));
    JsonNode answer =
        json(postJson("/v1/models/notebook-cell/" + operation, body.toString())).get("output");
    body.put("operation", operation);
    body.set("output", answer);
    return body;
  }

  @Test
  void modelThatAnswersAsExpectedIsServedAndSaysSo() throws Exception {
    ArrayNode cases = JSON.createArrayNode();
    cases.add(cellCase("step"));
    ObjectNode loose = cellCase("unroll");
    loose.putObject("tolerance").put("absolute", 0.5);
    ((ArrayNode) loose.at("/output/0/1")).set(2, loose.at("/output/0/1/2").asDouble() + 0.25);
    cases.add(loose);
    HttpResponse<byte[]> put =
        put("/v1/models/answers-right/versions/1", CELL_FILE, cases.toString());
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    for (JsonNode described :
        List.of(
            json(put),
            json(send(request("GET", "/v1/models/answers-right", null))),
            json(put("/v1/models:inspect", CELL_FILE, cases.toString())))) {
      JsonNode expected = described.get("expected");
      assertThat(expected.get("cases").asInt()).isEqualTo(2);
      assertThat(expected.get("largest_difference").asDouble()).isCloseTo(0.25, within(1e-5));
      assertThat(expected.at("/tolerance/absolute").asDouble()).isEqualTo(0.5);
      assertThat(expected.at("/tolerance/relative").asDouble()).isEqualTo(1e-4);
    }
    assertThat(json(send(request("GET", "/v1/models/notebook-cell", null))).has("expected"))
        .isFalse();
  }

  @Test
  void modelThatAnswersOtherwiseIsRefusedAndNotKept() throws Exception {
    ArrayNode cases = JSON.createArrayNode();
    cases.add(cellCase("step"));
    ObjectNode wrong = cellCase("unroll");
    double right = wrong.at("/output/0/1/2").asDouble();
    ((ArrayNode) wrong.at("/output/0/1")).set(2, right + 0.25);
    cases.add(wrong);
    for (String path : List.of("/v1/models/answers-wrong/versions/1", "/v1/models:inspect")) {
      HttpResponse<byte[]> refused = put(path, CELL_FILE, cases.toString());
      assertProblem(refused, 422, "unsupported-model", "expected/1/output");
      assertThat(json(refused).at("/errors/0/detail").asString())
          .contains("at [0, 1, 2]")
          .contains("expected " + (right + 0.25))
          .contains("a difference of 0.2")
          .contains("tolerance of");
    }
    assertProblem(send(request("GET", "/v1/models/answers-wrong", null)), 404, "model-not-found");
    assertThat(repository.resolve("answers-wrong")).doesNotExist();
  }

  /** The same file, so wrong where the configuration is: what no shape tells. */
  @Test
  void configurationThatChangesTheNumbersIsFound() throws Exception {
    List<FormPart> parts =
        List.of(
            new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
            new FormPart("config", null, bytes("{\"forget_bias\": 3}")),
            new FormPart("expected", "expected.json", bytes("[" + cellCase("unroll") + "]")));
    HttpResponse<byte[]> refused = form("PUT", "/v1/models/answers-bias/versions/1", parts);
    assertProblem(refused, 422, "unsupported-model", "expected/0/output");
  }

  @Test
  void expectationsAreHeldAgainWhenTheRepositoryIsLoaded() throws Exception {
    String good = "[" + cellCase("step") + "]";
    assertThat(put("/v1/models/answers-again/versions/1", CELL_FILE, good).statusCode())
        .isEqualTo(201);
    assertThat(unloadAndLoad("answers-again").statusCode()).isEqualTo(200);
    assertThat(
            json(send(request("GET", "/v1/models/answers-again", null)))
                .at("/expected/cases")
                .asInt())
        .isEqualTo(1);
    ObjectNode other = cellCase("step");
    ((ArrayNode) other.at("/output/1")).set(3, 7);
    Files.writeString(repository.resolve("answers-again/1/expected.json"), "[" + other + "]");
    assertThat(unloadAndLoad("answers-again").statusCode()).isNotEqualTo(200);
    JsonNode broken = json(send(request("GET", "/v1/models/answers-again", null)));
    assertThat(broken.get("status").asString()).isEqualTo("END");
    assertThat(broken.get("error").asString())
        .contains("expected/0/output")
        .contains("at [1, 3]")
        .contains("expected 7.0");
  }

  private HttpResponse<byte[]> unloadAndLoad(String model) throws Exception {
    String path = "/v2/repository/models/" + model;
    assertThat(postJson(path + "/unload", "{}").statusCode()).isEqualTo(200);
    return postJson(path + "/load", "{}");
  }

  @Test
  void readingsAndOwnNumbersAreBothSpoken() throws Exception {
    List<FormPart> parts = new ArrayList<>();
    for (String[] part :
        new String[][] {
          {"file", "model.keras"},
          {"scaler", "scaler.joblib"},
          {"target_scaler", "target_scaler.joblib"}
        }) {
      parts.add(new FormPart(part[0], part[1], Files.readAllBytes(READINGS.resolve(part[1]))));
    }
    HttpResponse<byte[]> first = form("PUT", "/v1/models/answers-units/versions/1", parts);
    assertThat(first.statusCode()).as(text(first)).isEqualTo(201);
    int width = json(first).get("input_size").asInt();
    ArrayNode cases = JSON.createArrayNode();
    for (boolean scaled : new boolean[] {false, true}) {
      ObjectNode body = JSON.createObjectNode().put("scaled", scaled);
      ArrayNode steps = body.putArray("x");
      for (int step = 0; step < 5; step++) {
        ArrayNode row = steps.addArray();
        for (int i = 0; i < width; i++) {
          row.add(0.5 * step - i);
        }
      }
      JsonNode answer = json(postJson("/v1/models/answers-units/unroll", body.toString()));
      body.set("output", answer.get("output"));
      cases.add(body);
    }
    assertThat(cases.get(0).get("output")).isNotEqualTo(cases.get(1).get("output"));
    parts.add(new FormPart("expected", "expected.json", bytes(cases.toString())));
    HttpResponse<byte[]> second = form("PUT", "/v1/models/answers-units/versions/2", parts);
    assertThat(second.statusCode()).as(text(second)).isEqualTo(201);
    ((ObjectNode) cases.get(0)).put("scaled", true);
    parts.set(3, new FormPart("expected", "expected.json", bytes(cases.toString())));
    assertProblem(
        form("PUT", "/v1/models/answers-units/versions/3", parts),
        422,
        "unsupported-model",
        "expected/0/output");
  }

  @Test
  void severalInputsStatesAndLengthsAreAsked() throws Exception {
    String inputs = "{\"history\": [[[1,0,0,0,0,1], [0,1,0,0,1,0]]], \"static\": [[0.5, 1, -1]]}";
    HttpResponse<byte[]> plain =
        send(request("PUT", "/v1/models/answers-two/versions/1", Files.readAllBytes(TWO_INPUTS)));
    assertThat(plain.statusCode()).as(text(plain)).isEqualTo(201);
    JsonNode answer =
        json(postJson("/v1/models/answers-two/unroll", "{\"inputs\": " + inputs + "}"));
    HttpResponse<byte[]> put =
        put(
            "/v1/models/answers-two/versions/2",
            TWO_INPUTS,
            "[{\"inputs\": %s, \"output\": %s}]".formatted(inputs, answer.get("output")));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    ObjectNode stateful = JSON.createObjectNode();
    stateful.set("x", JSON.readTree("[%s, %s]".formatted(ASKED, ASKED)));
    stateful.set("lengths", JSON.readTree("[2, 1]"));
    stateful.set(
        "state", JSON.readTree("{\"h\": [[1,2,3,4],[0,1,0,1]], \"c\": [[0,0,1,1],[1,1,1,1]]}"));
    JsonNode unrolled = json(postJson("/v1/models/notebook-cell/unroll", stateful.toString()));
    stateful.set("output", unrolled.get("output"));
    HttpResponse<byte[]> cell =
        put("/v1/models/answers-state/versions/1", CELL_FILE, "[" + stateful + "]");
    assertThat(cell.statusCode()).as(text(cell)).isEqualTo(201);
    stateful.remove("state");
    assertProblem(
        put("/v1/models/answers-state/versions/2", CELL_FILE, "[" + stateful + "]"),
        422,
        "unsupported-model",
        "expected/0/output");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          malformed-model   | expected                    | {}
          malformed-model   | expected                    | []
          malformed-model   | expected                    | [{"x": 1, "x": 2}]
          malformed-model   | expected/0                  | [3]
          malformed-model   | expected/0/y                | [{"y": 3}]
          malformed-model   | expected/0/output           | [{"x": [[1,2,3,4,3,2]]}]
          malformed-model   | expected/0/x                | [{"output": [[1]]}]
          malformed-model   | expected/0/operation        | [{"operation": "infer"}]
          malformed-model   | expected/0/tolerance/absolute | [{"tolerance": {"absolute": -1}}]
          malformed-model   | expected/0/tolerance/rtol   | [{"tolerance": {"rtol": 1}}]
          malformed-model   | expected/0/x/1              | [{"x": [[1,2],[1]]}]
          unsupported-model | expected/0/x                | [{"x": [[1,2,3]], "output": [[1]]}]
          unsupported-model | expected/0/state/m          | [{"x": [[1,2,3,4,3,2]], "state": {"m": [1]}, "output": [[1]]}]
          unsupported-model | expected/0/state/h          | [{"x": [[1,2,3,4,3,2]], "state": {"h": [1]}, "output": [[1]]}]
          unsupported-model | expected/0/output           | [{"x": [[1,2,3,4,3,2]], "output": [1, 2, 3, 4]}]
          unsupported-model | expected/0/outputs          | [{"x": [[1,2,3,4,3,2]], "outputs": {"y": [1, 2, 3, 4]}}]
          unsupported-model | expected/0/lengths          | [{"operation": "step", "lengths": [1], "x": [1,2,3,4,3,2], "output": [1, 2, 3, 4]}]
          """)
  void caseThatIsNoneIsRefusedAtItsField(String slug, String pointer, String cases)
      throws Exception {
    HttpResponse<byte[]> refused = put("/v1/models/answers-bad/versions/1", CELL_FILE, cases);
    assertProblem(refused, 422, slug, pointer.strip());
    assertThat(repository.resolve("answers-bad")).doesNotExist();
  }

  @Test
  void tooManyCasesAndTooMuchToComputeAreRefused() throws Exception {
    String one = cellCase("step").toString();
    String many = "[" + (one + ",").repeat(100) + one + "]";
    HttpResponse<byte[]> refused = put("/v1/models/answers-many/versions/1", CELL_FILE, many);
    assertThat(refused.statusCode()).as(text(refused)).isEqualTo(413);
    assertThat(text(refused)).contains("more than 100 cases").contains("max-expected-cases");
    String rows = "[" + "[1,2,3,4,3,2],".repeat(99_999) + "[1,2,3,4,3,2]]";
    HttpResponse<byte[]> large =
        put(
            "/v1/models/answers-large/versions/1",
            CELL_FILE,
            "[{\"x\": [%s], \"output\": [[[1]]]}]".formatted(rows));
    assertProblem(large, 422, "unsupported-model", "expected/0");
    assertThat(text(large)).contains("max-working-memory");
  }
}
