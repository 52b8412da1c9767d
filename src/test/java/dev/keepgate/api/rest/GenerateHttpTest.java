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
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Text in and text out, as the framework goes on with it. */
class GenerateHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-texts");
  private static final String CHARACTERS = "torch-embedding-gru-layers";
  private static final String WORDS = "keras-words-window";

  static Stream<String> cases() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      return cases.map(path -> path.getFileName().toString()).sorted().toList().stream();
    }
  }

  private static JsonNode golden(String name) throws IOException {
    return JSON.readTree(Files.readString(CASES.resolve(name).resolve("case.json")));
  }

  private HttpResponse<byte[]> put(String model, Path folder, String... files) throws Exception {
    List<FormPart> form = new ArrayList<>();
    for (String file : files) {
      String stem = file.substring(0, file.indexOf('.'));
      form.add(
          new FormPart(
              stem.equals("model") ? "file" : stem,
              file,
              Files.readAllBytes(folder.resolve(file))));
    }
    return form("PUT", "/v1/models/" + model + "/versions/1", form);
  }

  private String served(String name) throws Exception {
    String[] files =
        golden(name).path("files").valueStream().map(JsonNode::stringValue).toArray(String[]::new);
    HttpResponse<byte[]> response = put("text-" + name, CASES.resolve(name), files);
    assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
    return "/v1/models/text-" + name + "/generate";
  }

  private static ObjectNode body(JsonNode prompt, int steps) {
    ObjectNode body = JSON.createObjectNode().put("max_steps", steps);
    body.set("prompt", prompt);
    return body;
  }

  private JsonNode ask(String path, JsonNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(path, body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response);
  }

  private static int[] ids(JsonNode node) {
    return node.valueStream().mapToInt(JsonNode::intValue).toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void likeliestTokensAreTheFrameworks(String name) throws Exception {
    JsonNode golden = golden(name);
    String path = served(name);
    int[] expected = ids(golden.path("ids"));
    JsonNode answer = ask(path, body(golden.path("prompt"), expected.length));
    assertThat(ids(answer.path("ids"))).containsExactly(expected);
    assertThat(answer.path("text")).isEqualTo(golden.path("text"));
    assertThat(answer.path("finish").stringValue()).isEqualTo("length");
    assertThat(answer.path("steps").intValue()).isEqualTo(expected.length);
    assertThat(answer.has("seed")).isFalse();
    if (golden.has("probabilities")) {
      ObjectNode asked = body(golden.path("prompt"), expected.length);
      asked.put("return_probabilities", true);
      JsonNode probabilities = ask(path, asked).path("probabilities");
      for (int i = 0; i < expected.length; i++) {
        assertThat(probabilities.get(i).doubleValue())
            .isCloseTo(
                golden.path("probabilities").get(i).doubleValue(),
                org.assertj.core.api.Assertions.within(1e-4));
      }
    }
  }

  @Test
  void endOfATextIsOfTokensThatTheVocabularyHas() throws Exception {
    Path model = CASES.resolve(CHARACTERS).resolve("model.pt");
    String[] words = "<pad> <unk> a b c d e f g h i j k l m n o p q".split(" ");
    words[2] = "the";
    String path = "/v1/models/text-ends/generate";
    List<FormPart> form =
        List.of(
            new FormPart("file", "model.pt", Files.readAllBytes(model)),
            new FormPart("vocabulary", "v.json", JSON.writeValueAsBytes(words)));
    assertThat(form("PUT", "/v1/models/text-ends/versions/1", form).statusCode()).isEqualTo(201);
    ObjectNode body = body(JSON.getNodeFactory().stringNode("the other"), 8);
    int[] ids = ids(ask(path, body).path("ids"));
    assertThat(ids).as("unknown words are read, and written").contains(1);
    for (String unknown : List.of("other", "the other")) {
      body.putArray("stop").add(unknown);
      assertProblem(postJson(path, body.toString()), 400, "invalid-input", "/stop/0");
    }
    body.putArray("stop").add("<unk>");
    assertThat(ask(path, body).path("finish").stringValue()).isEqualTo("stop");
  }

  private List<String> stream(String path, String accept, JsonNode body) throws Exception {
    HttpResponse<byte[]> response =
        send(
            request("POST", path, body.toString().getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "application/json")
                .header("Accept", accept));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue(accept);
    return text(response).lines().filter(line -> !line.isEmpty()).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aStreamIsTheWholeAnswer(String name) throws Exception {
    JsonNode golden = golden(name);
    String path = served(name);
    ObjectNode body = body(golden.path("prompt"), 12).put("return_probabilities", true);
    JsonNode whole = ask(path, body);
    List<String> lines = stream(path, "application/x-ndjson", body);
    assertThat(JSON.readTree(lines.get(lines.size() - 1))).isEqualTo(whole);
    StringBuilder text = new StringBuilder();
    for (int step = 0; step < 12; step++) {
      JsonNode line = JSON.readTree(lines.get(step));
      assertThat(line.path("step").intValue()).isEqualTo(step);
      assertThat(line.path("id")).isEqualTo(whole.path("ids").get(step));
      assertThat(line.path("probability").doubleValue())
          .isEqualTo(whole.path("probabilities").get(step).doubleValue());
      text.append(line.path("text").asString(""));
    }
    assertThat(lines).hasSize(13);
    assertThat(text.toString()).isEqualTo(whole.path("text").asString(""));
    List<String> events = stream(path, "text/event-stream", body);
    assertThat(events).hasSize(26);
    for (int i = 0; i < 13; i++) {
      assertThat(events.get(2 * i)).isEqualTo(i < 12 ? "event: step" : "event: end");
      assertThat(events.get(2 * i + 1)).isEqualTo("data: " + lines.get(i));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "torch-embedding-gru-layers, 'no gate| keeps|t'",
    "torch-one-hot-lstm, 'the |no gate is|n'",
    "keras-words-window, 'the gate|and the state keeps the gate no gate|no'",
    "keras-one-hot-window, 'e keeps th|the state, and the'",
    "onnx-log-softmax, 'and the |the gate keeps the|n'",
    "keras-branches, 'gate |and the state|n'"
  })
  void promptsOfABatchAreAnsweredEachForItself(String name, String prompts) throws Exception {
    String path = served(name);
    ArrayNode batch = JSON.createArrayNode();
    Stream.of(prompts.split("\\|")).forEach(batch::add);
    List<String> stops = List.of("e", "gate");
    ObjectNode body = body(batch, 25);
    body.putArray("stop").add(name.contains("words") ? stops.get(1) : stops.get(0));
    JsonNode passages = ask(path, body).path("passages");
    assertThat(passages.size()).isEqualTo(batch.size());
    List<List<JsonNode>> rows = new ArrayList<>();
    for (int row = 0; row < batch.size(); row++) {
      ObjectNode alone = body.deepCopy();
      alone.set("prompt", batch.get(row));
      ObjectNode answer = (ObjectNode) ask(path, alone);
      answer.remove(List.of("model", "version"));
      assertThat(passages.get(row)).isEqualTo(answer);
      rows.add(new ArrayList<>());
    }
    List<String> lines = stream(path, "application/x-ndjson", body);
    for (String line : lines.subList(0, lines.size() - 1)) {
      JsonNode token = JSON.readTree(line);
      rows.get(token.path("row").intValue()).add(token.path("id"));
    }
    for (int row = 0; row < rows.size(); row++) {
      assertThat(rows.get(row)).isEqualTo(passages.get(row).path("ids").valueStream().toList());
    }
  }

  @Test
  void aTextEndsWithWhatIsToEndIt() throws Exception {
    String path = served(CHARACTERS);
    JsonNode golden = golden(CHARACTERS);
    String whole = golden.path("text").stringValue();
    ObjectNode body = body(golden.path("prompt"), 40);
    body.putArray("stop").add("is").add(".\n");
    JsonNode answer = ask(path, body);
    int end =
        IntStream.of(whole.indexOf("is"), whole.indexOf(".\n"))
                .filter(i -> i >= 0)
                .min()
                .orElseThrow()
            + 2;
    assertThat(answer.path("text").stringValue()).isEqualTo(whole.substring(0, end));
    assertThat(answer.path("finish").stringValue()).isEqualTo("stop");
    assertThat(answer.path("steps").intValue()).isEqualTo(end);
    int first = golden.path("ids").get(0).intValue();
    body.putArray("stop").add(first);
    answer = ask(path, body);
    assertThat(ids(answer.path("ids"))).containsExactly(first);
    assertThat(answer.path("finish").stringValue()).isEqualTo("stop");
  }

  @Test
  void whatIsDrawnFollowsFromTheSeed() throws Exception {
    String path = served(CHARACTERS);
    ObjectNode body =
        body(JSON.getNodeFactory().stringNode("the "), 30).put("temperature", 1.5).put("seed", 11);
    JsonNode first = ask(path, body);
    assertThat(first.path("seed").longValue()).isEqualTo(11);
    assertThat(ask(path, body)).isEqualTo(first);
    ObjectNode batch = body.deepCopy();
    batch.putArray("prompt").add("the ").add("the ").add("no");
    JsonNode passages = ask(path, batch).path("passages");
    assertThat(passages.get(0).path("ids")).isEqualTo(first.path("ids"));
    assertThat(passages.get(1).path("ids")).isNotEqualTo(first.path("ids"));
    body.remove("seed");
    JsonNode any = ask(path, body);
    body.put("seed", any.path("seed").longValue());
    assertThat(ask(path, body)).isEqualTo(any);
    body.put("seed", 12);
    assertThat(ask(path, body).path("ids")).isNotEqualTo(first.path("ids"));
    body.put("top_k", 1);
    ObjectNode likeliest = body(body.path("prompt"), 30);
    assertThat(ask(path, body).path("ids")).isEqualTo(ask(path, likeliest).path("ids"));
    body.remove("top_k");
    body.put("top_p", 1e-9);
    assertThat(ask(path, body).path("ids")).isEqualTo(ask(path, likeliest).path("ids"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\": \"gate\"} | /max_steps",
        "{\"max_steps\": 1} | /prompt",
        "{\"prompt\": null, \"max_steps\": 1} | /prompt",
        "{\"prompt\": \"\", \"max_steps\": 1} | /prompt",
        "{\"prompt\": [], \"max_steps\": 1} | /prompt",
        "{\"prompt\": [[]], \"max_steps\": 1} | /prompt/0",
        "{\"prompt\": [\"a\", \"\"], \"max_steps\": 1} | /prompt/1",
        "{\"prompt\": [\"a\", 3], \"max_steps\": 1} | /prompt/1",
        "{\"prompt\": [3, \"a\"], \"max_steps\": 1} | /prompt/1",
        "{\"prompt\": [3, [4]], \"max_steps\": 1} | /prompt/1",
        "{\"prompt\": [[[3]]], \"max_steps\": 1} | /prompt/0/0",
        "{\"prompt\": {}, \"max_steps\": 1} | /prompt",
        "{\"prompt\": [1.5], \"max_steps\": 1} | /prompt/0",
        "{\"prompt\": [-1], \"max_steps\": 1} | /prompt/0",
        "{\"prompt\": [99], \"max_steps\": 1} | /prompt",
        "{\"prompt\": [[1], [99]], \"max_steps\": 1} | /prompt/1",
        "{\"prompt\": \"a gate, ä\", \"max_steps\": 1} | /prompt",
        "{\"prompt\": \"a\", \"max_steps\": 0} | /max_steps",
        "{\"prompt\": \"a\", \"max_steps\": 10001} | /max_steps",
        "{\"prompt\": \"a\", \"max_steps\": 2147483648} | /max_steps",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": -0.1} | /temperature",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": \"1\"} | /temperature",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": 1e999} | /temperature",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": 1, \"top_p\": 0} | /top_p",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": 1, \"top_p\": 1.1} | /top_p",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"temperature\": 1, \"top_k\": 0} | /top_k",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"top_k\": 3} | /temperature",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"top_p\": 0.5} | /temperature",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"seed\": -1} | /seed",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"seed\": 9007199254740992} | /seed",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"stop\": \"a\"} | /stop",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"stop\": [\"\"]} | /stop/0",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"stop\": [\"a\", \"Ö\"]} | /stop/1",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"stop\": [77]} | /stop/0",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"return_probabilities\": 1} | /return_probabilities",
        "{\"prompt\": \"a\", \"max_steps\": 1, \"beams\": 1} | /beams"
      })
  void whatIsWrongIsSaidAtItsField(String body, String pointer) throws Exception {
    assertProblem(postJson(served(CHARACTERS), body), 400, "invalid-input", pointer);
  }

  @Test
  void anUnknownTokenHasItsPosition() throws Exception {
    HttpResponse<byte[]> response =
        postJson(served(CHARACTERS), "{\"prompt\": \"gate ß\", \"max_steps\": 1}");
    assertThat(text(response)).contains("'ß', token 5 of the text, is not in the vocabulary");
  }

  @Test
  void textNeedsAVocabulary() throws Exception {
    HttpResponse<byte[]> response =
        postJson(served("keras-ids"), "{\"prompt\": \"the\", \"max_steps\": 1}");
    assertProblem(response, 400, "invalid-input", "/prompt");
    assertThat(text(response)).contains("has no vocabulary; send ids");
  }

  @ParameterizedTest
  @CsvSource({
    "golden-scalers/forecast-stateful/model.pt, no softmax",
    "golden-scalers/labels/model.keras, takes 6 ids",
    "golden-networks/keras-two-inputs/model.keras, one input",
    "golden-networks/keras-autoencoder/model.keras, no softmax"
  })
  void whatIsNoModelOfTokensSaysWhatIsMissing(String file, String missing) throws Exception {
    int end = file.lastIndexOf('/');
    Path folder = Path.of("src/test/resources", file.substring(0, end));
    String model = "no-text-" + folder.getFileName();
    HttpResponse<byte[]> put = put(model, folder, file.substring(end + 1));
    assertThat(put.statusCode()).as(text(put)).isBetween(200, 201);
    HttpResponse<byte[]> response =
        postJson("/v1/models/" + model + "/generate", "{\"prompt\": [1], \"max_steps\": 1}");
    assertProblem(response, 422, "cannot-generate");
    assertThat(text(response)).contains(missing);
  }

  @Test
  void memoryOfATextIsBounded() throws Exception {
    String path = served(CHARACTERS);
    String body = "{\"prompt\": [%s], \"max_steps\": 10000}";
    assertProblem(
        postJson(
            path, body.formatted(String.join(",", java.util.Collections.nCopies(50, "\"a\"")))),
        413,
        "request-too-large");
  }

  @Test
  void aVocabularyMayLieInTheModelsArchive() throws Exception {
    Path folder = CASES.resolve(WORDS);
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      for (String name : List.of("model.keras", "vocabulary.pkl")) {
        out.putNextEntry(new ZipEntry(name));
        out.write(Files.readAllBytes(folder.resolve(name)));
      }
    }
    HttpResponse<byte[]> put =
        send(request("PUT", "/v1/models/text-zip/versions/1", zip.toByteArray()));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    JsonNode golden = golden(WORDS);
    assertThat(ask("/v1/models/text-zip/generate", body(golden.path("prompt"), 40)).path("text"))
        .isEqualTo(golden.path("text"));
  }

  @Test
  void aVocabularyOfMoreThanTheModelAnswersIsOfAClassifierOnly() throws Exception {
    Path classifier = Path.of("src/test/resources/golden-scalers/labels");
    List<FormPart> form = new ArrayList<>();
    form.add(
        new FormPart("file", "m.keras", Files.readAllBytes(classifier.resolve("model.keras"))));
    byte[] tokens = "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]".getBytes(StandardCharsets.UTF_8);
    form.add(new FormPart("vocabulary", "v.json", tokens));
    HttpResponse<byte[]> refused = form("PUT", "/v1/models/text-classes/versions/1", form);
    assertThat(refused.statusCode()).as(text(refused)).isEqualTo(422);
    assertThat(text(refused)).contains("ids up to 5, the model answers 3 numbers");
    form.add(
        new FormPart(
            "labels", "l.joblib", Files.readAllBytes(classifier.resolve("labels.joblib"))));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/text-classes/versions/1", form);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    assertProblem(
        postJson("/v1/models/text-classes/generate", "{\"prompt\": \"abc\", \"max_steps\": 3}"),
        422,
        "cannot-generate");
  }

  @Test
  void aShortPromptNeedsWhatStandsForNoToken() throws Exception {
    List<FormPart> form = new ArrayList<>();
    byte[] model = Files.readAllBytes(CASES.resolve(WORDS).resolve("model.keras"));
    form.add(new FormPart("file", "m.keras", model));
    form.add(
        new FormPart(
            "vocabulary", "v.txt", "the\ngate\nkeeps\nno\n".getBytes(StandardCharsets.UTF_8)));
    HttpResponse<byte[]> put = form("PUT", "/v1/models/text-no-padding/versions/1", form);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    String path = "/v1/models/text-no-padding/generate";
    HttpResponse<byte[]> response = postJson(path, "{\"prompt\": \"the gate\", \"max_steps\": 1}");
    assertProblem(response, 400, "invalid-input", "/prompt");
    assertThat(text(response)).contains("expected at least 5 tokens");
    String long5 = "{\"prompt\": \"the gate keeps no gate\", \"max_steps\": 1}";
    assertThat(postJson(path, long5).statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsDrawnIsTheSameAmongAnyOthers() throws Exception {
    String path = served(CHARACTERS);
    List<String> bodies =
        IntStream.range(0, 24)
            .mapToObj(
                i ->
                    body(JSON.getNodeFactory().stringNode("gate".substring(i % 4)), 10 + 9 * i)
                        .put("temperature", 0.2 + i % 5)
                        .put("seed", i)
                        .toString())
            .toList();
    List<String> alone = new ArrayList<>();
    for (String body : bodies) {
      alone.add(text(postJson(path, body)));
    }
    ExecutorService clients = Executors.newFixedThreadPool(bodies.size());
    try {
      List<Callable<String>> requests = new ArrayList<>();
      bodies.forEach(body -> requests.add(() -> text(postJson(path, body))));
      List<String> together = new ArrayList<>();
      for (Future<String> answer : clients.invokeAll(requests)) {
        together.add(answer.get());
      }
      assertThat(together).isEqualTo(alone);
    } finally {
      clients.shutdownNow();
    }
  }

  @ParameterizedTest
  @CsvSource({"keras-ids", "keras-words-masked", "keras-branches"})
  void aDeadlineEndsAText(String name) throws Exception {
    String path = served(name);
    String body = "{\"prompt\": [1, 2], \"max_steps\": 10000}";
    assertProblem(postJson(path + "?deadline=1ms", body), 504, "deadline-exceeded");
  }
}
