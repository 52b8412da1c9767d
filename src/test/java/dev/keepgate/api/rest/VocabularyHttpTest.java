package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Vocabularies beside a model. */
class VocabularyHttpTest extends ServerTest {

  private static final Path CASES = Path.of("src/test/resources/golden-texts");
  private static final Path WORDS = CASES.resolve("keras-words-window");

  private HttpResponse<byte[]> put(String model, Path file, byte[] vocabulary, FormPart... others)
      throws Exception {
    List<FormPart> form = new ArrayList<>(List.of(others));
    form.add(new FormPart("file", String.valueOf(file.getFileName()), Files.readAllBytes(file)));
    form.add(new FormPart("vocabulary", "any.json", vocabulary));
    return form("PUT", "/v1/models/" + model + "/versions/1", form);
  }

  @Test
  void isToldWithoutItsTokens() throws Exception {
    HttpResponse<byte[]> put =
        put(
            "vocabulary-words",
            WORDS.resolve("model.keras"),
            Files.readAllBytes(WORDS.resolve("vocabulary.pkl")));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    JsonNode model = json(send(request("GET", "/v1/models/vocabulary-words", null)));
    assertThat(model.path("vocabulary"))
        .isEqualTo(
            JSON.readTree(
                """
                {"size": 10, "split": "words", "lower_case": true, "padding": 0}"""));
    assertThat(model.path("window").intValue()).isEqualTo(5);
    assertThat(model.path("assumed").toString()).contains("padded in front with id 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch-embedding-gru-layers | ids up to 19, the model's embedding has 19 rows",
        "torch-one-hot-lstm | ids up to 19, the model takes 19 numbers a step"
      })
  void whatIsTooLargeForItsModelIsRefused(String name, String refusal) throws Exception {
    List<String> tokens = Arrays.asList("abcdefghijklmnopqrst".split(""));
    HttpResponse<byte[]> put =
        put(
            "vocabulary-large",
            CASES.resolve(name).resolve("model.pt"),
            JSON.writeValueAsBytes(tokens));
    assertProblem(put, 422, "unsupported-model", "vocabulary");
    assertThat(text(put)).contains(refusal);
  }

  @Test
  void whatHasMoreTokensThanTheModelAnswersIsOfAClassifierOnly() throws Exception {
    Path classifier = Path.of("src/test/resources/golden-scalers/labels");
    Path file = classifier.resolve("model.keras");
    byte[] tokens = "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]".getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> refused = put("vocabulary-classes", file, tokens);
    assertProblem(refused, 422, "unsupported-model", "vocabulary");
    assertThat(text(refused)).contains("ids up to 5, the model answers 3 numbers");
    byte[] labels = Files.readAllBytes(classifier.resolve("labels.joblib"));
    HttpResponse<byte[]> put =
        put("vocabulary-classes", file, tokens, new FormPart("labels", "l.joblib", labels));
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"abcdefghij", "\"abcdefghij\"", "the cat sat\n"})
  void oneLineIsNoVocabulary(String line) throws Exception {
    HttpResponse<byte[]> put =
        put("vocabulary-line", WORDS.resolve("model.keras"), line.getBytes(StandardCharsets.UTF_8));
    assertProblem(put, 422, "unsupported-model", "vocabulary");
    assertThat(text(put)).contains("is one line");
  }

  @Test
  void halfACharacterIsNoToken() throws Exception {
    byte[] tokens = "[\"a\", \"\\ud83d\", \"b\"]".getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> put = put("vocabulary-half", WORDS.resolve("model.keras"), tokens);
    assertProblem(put, 422, "unsupported-model", "vocabulary");
    assertThat(text(put)).contains("the token of id 1 is half a character");
  }

  @Test
  void separatorThatTextWouldGrowByIsRefused() throws Exception {
    String tokenizer =
        """
        {"class_name": "Tokenizer", "config": {"filters": "!", "split": "%s",
         "word_index": {"a": 1, "b": 2}}}""";
    byte[] longest = tokenizer.formatted("-".repeat(16)).getBytes(StandardCharsets.UTF_8);
    byte[] longer = tokenizer.formatted("-".repeat(17)).getBytes(StandardCharsets.UTF_8);
    Path file = WORDS.resolve("model.keras");
    HttpResponse<byte[]> refused = put("vocabulary-separator", file, longer);
    assertThat(refused.statusCode()).as(text(refused)).isEqualTo(422);
    assertThat(text(refused)).contains("has 17 characters, 16 at most");
    HttpResponse<byte[]> put = put("vocabulary-separator", file, longest);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
  }

  @Test
  void whatIsNoVocabularyOrThereTwiceIsRefused() throws Exception {
    Path file = WORDS.resolve("model.keras");
    assertProblem(
        put("vocabulary-no", file, "{\"a\": 1, \"b\": 1}".getBytes(StandardCharsets.UTF_8)),
        422,
        "unsupported-model",
        "vocabulary");
    byte[] one = "[\"a\"]".getBytes(StandardCharsets.UTF_8);
    assertProblem(
        put("vocabulary-no", file, one, new FormPart("vocabulary", "v.txt", one)),
        400,
        "invalid-input",
        "/vocabulary");
  }
}
