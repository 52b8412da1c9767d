package dev.keepgate.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.ModelBytes;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Shapes and states of steps and unrolls, whatever the model. */
class InferenceHttpTest extends ServerTest {

  /** The weights and the bias of a cell of one unit that no large number gets through. */
  private static final float[] TENS = {0, 0, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10};

  private static final String UNROLL = "/v1/models/notebook-sequence/unroll";
  private static final String XS =
      "[[[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]],[[1,2,3,4,3,2],[3,2,2,1,1,2],[0,0,0,0,3,2]]]";

  @ParameterizedTest
  @CsvSource({
    "notebook-sequence, 6, 0", "notebook-stacked, 6, 0", "pytorch-2layer, 5, 0",
    "pytorch-projection, 6, 0", "pytorch-nobias, 6, 0", "pytorch-tagger, 0, 11"
  })
  void stepsInARowAreAnUnroll(String model, int width, int vocabulary) throws Exception {
    if (!model.startsWith("notebook")) {
      serve(model);
    }
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("InferenceHttpTest seed " + seed);
    Random random = new Random(seed);
    int batch = 3;
    int time = 5;
    Object[][] x = new Object[batch][time];
    for (Object[] row : x) {
      for (int t = 0; t < time; t++) {
        row[t] = vocabulary > 0 ? random.nextInt(vocabulary) : random.doubles(width).toArray();
      }
    }
    String path = "/v1/models/" + model;
    JsonNode unrolled = ok(postJson(path + "/unroll", JSON.writeValueAsString(Map.of("x", x))));
    JsonNode state = JSON.createObjectNode();
    for (int t = 0; t < time; t++) {
      List<Object> column = new ArrayList<>();
      for (Object[] row : x) {
        column.add(row[t]);
      }
      ObjectNode request = JSON.createObjectNode();
      request.set("x", JSON.valueToTree(column));
      request.set("state", state);
      JsonNode step = ok(postJson(path + "/step", request.toString()));
      for (int row = 0; row < batch; row++) {
        assertClose(step.get("output").get(row), unrolled.get("output").get(row).get(t));
      }
      state = step.get("state");
    }
    assertClose(state, unrolled.get("state"));
  }

  @Test
  void rowsEndWhereTheirLengthsSay() throws Exception {
    JsonNode padded = ok(postJson(UNROLL, "{\"x\": " + XS + ", \"lengths\": [0, 2]}"));
    assertThat(numbers(padded.get("output").get(0))).hasSize(12).containsOnly(0f);
    assertThat(numbers(padded.get("state").get("h").get(0))).containsOnly(0f);
    assertThat(numbers(padded.get("output").get(1).get(2))).containsOnly(0f);
    JsonNode alone = ok(postJson(UNROLL, "{\"x\": [[1,2,3,4,3,2],[3,2,2,1,1,2]]}"));
    assertClose(padded.get("state").get("h").get(1), alone.get("state").get("h"));
    assertClose(padded.get("state").get("c").get(1), alone.get("state").get("c"));
    assertClose(padded.get("output").get(1).get(1), alone.get("output").get(1));
  }

  @Test
  void batchThatIsLeftOutIsLeftOutOfTheAnswer() throws Exception {
    JsonNode batched = ok(postJson(UNROLL, "{\"x\": " + XS + ", \"trace\": true}"));
    JsonNode single =
        ok(postJson(UNROLL, "{\"x\": " + JSON.readTree(XS).get(0) + ", \"trace\": true}"));
    assertThat(shape(single.get("output"))).containsExactly(3, 4);
    assertThat(shape(single.get("state").get("h"))).containsExactly(4);
    assertThat(shape(single.get("trace").get(0).get("input"))).containsExactly(3, 4);
    assertClose(single.get("output"), batched.get("output").get(0));
    JsonNode step = ok(postJson("/v1/models/notebook-stacked/step", "{\"x\": [1,2,3,4,3,2]}"));
    assertThat(shape(step.get("output"))).containsExactly(4);
    assertThat(shape(step.get("state").get("c"))).containsExactly(2, 4);
    JsonNode again =
        ok(
            postJson(
                "/v1/models/notebook-stacked/step",
                "{\"x\": [1,2,3,4,3,2], \"state\": " + step.get("state") + "}"));
    assertThat(shape(again.get("state").get("h"))).containsExactly(2, 4);
  }

  @Test
  void summaryIsTheLastStepThatIsNoPadding() throws Exception {
    String lengths = ", \"lengths\": [1, 3]";
    JsonNode all = ok(postJson(UNROLL, "{\"x\": " + XS + lengths + "}"));
    JsonNode last =
        ok(postJson(UNROLL, "{\"x\": " + XS + lengths + ", \"return_sequences\": false}"));
    assertThat(shape(last.get("output"))).containsExactly(2, 4);
    assertClose(last.get("output").get(0), all.get("output").get(0).get(0));
    assertClose(last.get("output").get(1), all.get("output").get(1).get(2));
    JsonNode query = ok(postJson(UNROLL + "?return_sequences=false", "{\"x\": " + XS + "}"));
    assertThat(shape(query.get("output"))).containsExactly(2, 4);
  }

  @Test
  void traceHasTheGatesOfEveryCell() throws Exception {
    JsonNode answer =
        ok(postJson("/v1/models/notebook-stacked/unroll", "{\"x\": " + XS + ", \"trace\": true}"));
    assertThat(answer.get("trace").size()).isEqualTo(2);
    for (JsonNode cell : answer.get("trace")) {
      for (JsonNode gate : cell) {
        assertThat(shape(gate)).containsExactly(2, 3, 4);
      }
    }
    assertClose(answer.get("trace").get(1).get("hidden"), answer.get("output"));
    assertClose(
        answer.get("trace").get(0).get("cell").get(0).get(2),
        answer.get("state").get("c").get(0).get(0));
    serve("pytorch-bidirectional");
    String x = "[[1,2,3,4,5,6,7],[7,6,5,4,3,2,1]]";
    JsonNode both =
        ok(postJson("/v1/models/pytorch-bidirectional/unroll?trace=true", "{\"x\": " + x + "}"));
    assertThat(both.get("trace").size()).isEqualTo(4);
    assertThat(shape(both.get("trace").get(3).get("forget"))).containsExactly(2, 4);
  }

  @ParameterizedTest
  @CsvSource({
    "keras-bidirectional-concat, model.keras",
    "pytorch-bidirectional, model.safetensors"
  })
  void lastStepIsThatOfAllSteps(String golden, String name) throws Exception {
    String model = "last-" + golden;
    Path file = Path.of("src/test/resources/golden", golden, name);
    assertThat(upload(model, List.of(file), "{}").statusCode()).isEqualTo(201);
    String path = "/v1/models/" + model + "/unroll";
    int size =
        ok(send(request("GET", "/v1/models/" + model, null))).at("/inputs/0/shape/2").intValue();
    String steps =
        IntStream.range(0, 3)
            .mapToObj(step -> Collections.nCopies(size, 0.5 - step).toString())
            .collect(Collectors.joining(",", "[", "]"));
    JsonNode all = ok(postJson(path + "?return_sequences=true", "{\"x\": " + steps + "}"));
    JsonNode last = ok(postJson(path + "?return_sequences=false", "{\"x\": " + steps + "}"));
    assertClose(last.get("output"), all.get("output").get(2));
  }

  @Test
  void outputThatIsNotFiniteIsAnErrorThatNamesTheStep() throws Exception {
    String path = "/v1/models/overflowing";
    if (send(request("GET", path, null)).statusCode() == 404) {
      byte[] tens = new byte[TENS.length * Float.BYTES];
      ByteBuffer.wrap(tens).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(TENS);
      Map<String, int[]> shapes = new TreeMap<>();
      shapes.put("lstm_cell/bias", new int[] {4});
      shapes.put("lstm_cell/kernel", new int[] {2, 4});
      HttpResponse<byte[]> put =
          form(
              "PUT",
              path + "/versions/1",
              List.of(
                  new FormPart("file", "model", ModelBytes.safetensors(shapes, tens)),
                  new FormPart("config", null, "{\"activation\": \"relu\"}".getBytes(UTF_8))));
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    HttpResponse<byte[]> response =
        postJson(path + "/unroll", "{\"x\": [[[0],[0],[0]],[[0],[3e38],[0]]]}");
    assertProblem(response, 422, "not-finite");
    assertThat(json(response).get("detail").asString()).contains("row 1").contains("step 1");
    assertProblem(postJson(path + "/step", "{\"x\": [3e38]}"), 422, "not-finite");
    assertThat(ok(postJson(path + "/step", "{\"x\": [0]}")).has("output")).isTrue();
  }

  @Test
  void deadlineThatPassesDropsTheWork() throws Exception {
    assertProblem(postJson(CELL + "?deadline=1ns", CELL_BODY), 504, "deadline-exceeded");
    assertProblem(
        send(
            request("POST", CELL, CELL_BODY.getBytes(UTF_8))
                .header("Content-Type", "application/json")
                .header("Deadline", "1ns")),
        504,
        "deadline-exceeded");
    ok(postJson(CELL + "?deadline=5m", CELL_BODY));
  }

  @Test
  void eitherSideAloneMayBeBinary() throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    float[] x = {1, 2, 3, 4, 3, 2, 3, 2, 2, 2, 2, 2};
    Safetensors.write(body, Map.of("x", Tensor.Floats.of(x, 2, 6)), Map.of());
    JsonNode expected = ok(postJson(CELL, CELL_BODY));
    JsonNode answer =
        ok(
            send(
                request("POST", CELL, body.toByteArray())
                    .header("Content-Type", Safetensors.MEDIA_TYPE)));
    assertClose(answer.get("output"), expected.get("output"));
    HttpResponse<byte[]> binary =
        send(
            request("POST", CELL, CELL_BODY.getBytes(UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", Safetensors.MEDIA_TYPE));
    assertThat(binary.headers().firstValue("Content-Type")).hasValue(Safetensors.MEDIA_TYPE);
    Tensor output = Objects.requireNonNull(Safetensors.read(binary.body()).get("output"));
    assertThat(((Tensor.Floats) output).values()).containsExactly(numbers(expected.get("output")));
  }

  private static JsonNode ok(HttpResponse<byte[]> response) {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  private static void assertClose(JsonNode actual, JsonNode expected) {
    assertThat(shape(actual)).isEqualTo(shape(expected));
    assertThat(numbers(actual)).containsExactly(numbers(expected), within(1e-6f));
  }

  private static int[] shape(JsonNode node) {
    List<Integer> shape = new ArrayList<>();
    for (JsonNode at = node; at.isArray(); at = at.get(0)) {
      shape.add(at.size());
    }
    return shape.stream().mapToInt(i -> i).toArray();
  }

  private static float[] numbers(JsonNode node) {
    List<Float> numbers = new ArrayList<>();
    collect(node, numbers);
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i);
    }
    return values;
  }

  private static void collect(JsonNode node, List<Float> numbers) {
    if (node.isNumber()) {
      numbers.add((float) node.asDouble());
    } else {
      node.forEach(child -> collect(child, numbers));
    }
  }
}
