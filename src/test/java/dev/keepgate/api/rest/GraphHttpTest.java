package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** What a model's description says of its graph. */
@TestPropertySource(properties = "keepgate.model-description.max-nodes=" + GraphHttpTest.MAX_NODES)
class GraphHttpTest extends ServerTest {

  static final int MAX_NODES = 20;

  private static final Path CASES = Path.of("src/test/resources/golden-networks");

  static Stream<Path> cases() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      return cases.sorted().toList().stream();
    }
  }

  /** What a case's first file is found to hold. */
  private JsonNode inspect(Path folder) throws Exception {
    JsonNode golden = JSON.readTree(Files.readString(folder.resolve("case.json")));
    String file = golden.path("files").get(0).asString();
    String config = golden.path("config").isObject() ? golden.path("config").toString() : "{}";
    HttpResponse<byte[]> answer =
        form(
            "POST",
            "/v1/models:inspect",
            List.of(
                new FormPart("file", file, Files.readAllBytes(folder.resolve(file))),
                new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return json(answer);
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(JsonNode::asString).toList();
  }

  private static List<String> names(JsonNode array) {
    return array.valueStream().map(each -> each.path("name").asString()).toList();
  }

  /** Each node as {@code name type [inputs] shapes}. */
  private static List<String> nodes(JsonNode model) {
    List<String> nodes = new ArrayList<>();
    for (JsonNode node : model.at("/graph/nodes")) {
      StringBuilder gives = new StringBuilder();
      node.path("gives").forEach(value -> gives.append(' ').append(value.path("shape")));
      nodes.add(
          "%s %s %s%s"
              .formatted(
                  node.path("name").asString(),
                  node.path("type").asString(),
                  texts(node.path("inputs")),
                  gives));
    }
    return nodes;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void everythingTakenIsGivenBefore(Path folder) throws Exception {
    JsonNode model = inspect(folder);
    JsonNode graph = model.path("graph");
    assertThat(texts(graph.path("inputs"))).isEqualTo(names(model.path("inputs")));
    assertThat(names(graph.path("outputs"))).isEqualTo(names(model.path("outputs")));
    Map<String, JsonNode> given = new HashMap<>();
    texts(graph.path("inputs")).forEach(input -> given.put(input, model));
    Set<String> taken = new HashSet<>();
    long parameters = 0;
    for (JsonNode node : graph.path("nodes")) {
      assertThat(given.keySet()).containsAll(texts(node.path("inputs")));
      taken.addAll(texts(node.path("inputs")));
      assertThat(node.path("gives")).isNotEmpty();
      node.path("gives")
          .forEach(value -> given.put(value.path("name").asString(), value.path("shape")));
      parameters += node.path("parameters").asLong();
    }
    if (graph.has("truncated")) {
      assertThat(graph.path("nodes")).hasSize(MAX_NODES);
      return;
    }
    assertThat(parameters).isEqualTo(model.path("parameters").asLong());
    for (int i = 0; i < graph.path("outputs").size(); i++) {
      String of = graph.path("outputs").path(i).path("of").asString();
      assertThat(given.get(of)).isEqualTo(model.path("outputs").path(i).path("shape"));
      taken.add(of);
    }
    assertThat(taken).isEqualTo(given.keySet());
  }

  @Test
  void branchesAndSeveralInputsOfKeras() throws Exception {
    JsonNode model = inspect(CASES.resolve("keras-two-inputs"));
    assertThat(nodes(model))
        .containsExactly(
            "lstm_12 lstm [history] [\"batch\",6]",
            "dense_10 dense [static] [\"batch\",4]",
            "concatenate concat [lstm_12:final, dense_10] [\"batch\",10]",
            "dense_9 dense [concatenate] [\"batch\",2]");
    JsonNode graph = model.path("graph");
    assertThat(texts(graph.path("inputs"))).containsExactly("history", "static");
    assertThat(graph.path("outputs"))
        .isEqualTo(JSON.readTree("[{\"name\": \"output\", \"of\": \"dense_9\"}]"));
    JsonNode lstm = graph.path("nodes").path(0);
    assertThat(lstm.path("parameters").asLong()).isEqualTo(4 * 6 * (6 + 6 + 1));
    assertThat(lstm.path("gives").path(0).path("name").asString()).isEqualTo("lstm_12:final");
    assertThat(lstm.has("array_operation")).isFalse();
    assertThat(lstm.has("activation")).isFalse();
    assertThat(graph.path("nodes").path(1).path("activation").asString()).isEqualTo("relu");
  }

  @Test
  void statesHandedOnAndArrayOperationsOfOnnx() throws Exception {
    JsonNode model = inspect(CASES.resolve("onnx-net-encoder-decoder"));
    assertThat(nodes(model))
        .startsWith(
            "/encoder/LSTM lstm [x] [\"batch\",3] [\"batch\",3]",
            "/decoder/LSTM lstm [more, /encoder/LSTM:final, /encoder/LSTM:c]"
                + " [\"batch\",\"more_time\",3]",
            "/blocks.0/norm/InstanceNormalization reduce_mean [/decoder/LSTM] [\"batch\",3]");
    assertThat(
            model
                .at("/graph/nodes")
                .valueStream()
                .filter(node -> !node.path("array_operation").asBoolean())
                .map(node -> node.path("type").asString()))
        .containsExactly("lstm", "lstm", "dense", "lstm", "dense");
  }

  @Test
  void chainOfBareTensorsOfPytorch() throws Exception {
    JsonNode model = inspect(CASES.resolve("pytorch-crnn-head"));
    assertThat(nodes(model))
        .containsExactly(
            "lstm_0 lstm [x] [\"batch\",\"time\",12]",
            "dense_1 dense [lstm_0] [\"batch\",\"time\",6]",
            "lstm_2 lstm [dense_1] [\"batch\",\"time\",12]",
            "dense_3 dense [lstm_2] [\"batch\",\"time\",4]");
  }

  @Test
  void tellsHowManyNodesItLeavesOut() throws Exception {
    JsonNode whole = inspect(CASES.resolve("onnx-net-attention-heads"));
    assertThat(whole.path("graph").path("truncated").asInt()).isEqualTo(5);
    assertThat(whole.path("graph").path("nodes")).hasSize(MAX_NODES);
    assertThat(names(whole.path("graph").path("outputs"))).containsExactly("output");
  }

  @Test
  void listOfModelsHasNoGraphs() throws Exception {
    JsonNode listed = json(send(request("GET", "/v1/models?limit=1", null))).path("models").path(0);
    assertThat(listed.has("layers")).isTrue();
    assertThat(listed.has("graph")).isFalse();
    JsonNode one = json(send(request("GET", "/v1/models/notebook-stacked", null)));
    assertThat(nodes(one)).hasSize(one.path("layers").size());
  }
}
