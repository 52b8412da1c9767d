package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Uploads of several parts: shards, texts beside a model, and parts that nobody reads. */
class UploadPartsHttpTest extends ServerTest {

  private static final Path FIELD = Path.of("src/test/resources/field");

  static Stream<Arguments> attempts() {
    return Stream.of(
            "F03-lightning-checkpoint",
            "F10-sb3-recurrent-ppo-zip",
            "F60-formats-that-are-not-read",
            "M11-two-files-and-names",
            "M14-further-files-are-dropped")
        .flatMap(
            folder -> {
              JsonNode json = JSON.readTree(FIELD.resolve(folder + "/case.json").toFile());
              List<Arguments> attempts = new ArrayList<>();
              for (int i = 0; i < json.get("attempts").size(); i++) {
                attempts.add(Arguments.of(folder, i, json.get("attempts").get(i)));
              }
              return attempts.stream();
            });
  }

  /** Each attempt is served with its framework's numbers, whatever the order of its parts. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("attempts")
  void isServedExactlyOrRefused(String folder, int number, JsonNode attempt) throws Exception {
    List<FormPart> parts = parts(folder, number, attempt);
    if (attempt.path("config").isObject()) {
      parts.add(
          new FormPart(
              "config", null, attempt.get("config").toString().getBytes(StandardCharsets.UTF_8)));
    }
    String model = "part-%s-%d".formatted(folder.substring(0, 3), number);
    for (String version : List.of("1", "2")) {
      HttpResponse<byte[]> put =
          form("PUT", "/v1/models/%s/versions/%s".formatted(model, version), parts);
      Collections.reverse(parts);
      boolean isExact = attempt.get("want").asString().equals("exact");
      if (put.statusCode() != 201) {
        assertThat(isExact).as(text(put)).isFalse();
        assertThat(put.statusCode()).isIn(400, 422);
        assertThat(json(put).get("detail").asString()).isNotBlank();
        continue;
      }
      JsonNode expected = attempt.path("expected").path("output");
      if (expected.isArray()) {
        HttpResponse<byte[]> unrolled =
            postJson(
                "/v1/models/%s/unroll".formatted(model),
                "{\"x\": %s}".formatted(attempt.at("/inputs/x")));
        compare(json(unrolled).get("output"), expected, attempt.get("tolerance").asDouble());
      }
    }
  }

  private static List<FormPart> parts(String folder, int number, JsonNode attempt)
      throws Exception {
    List<FormPart> parts = new ArrayList<>();
    for (JsonNode file : attempt.get("files")) {
      String name = file.get("name").asString();
      Path path = FIELD.resolve(folder).resolve(number + "-" + name);
      for (int i = number; !Files.exists(path); i--) {
        path = FIELD.resolve(folder).resolve(i + "-" + name);
      }
      parts.add(new FormPart("file", name, Files.readAllBytes(path)));
    }
    return parts;
  }

  private static void compare(JsonNode actual, JsonNode expected, double tolerance) {
    if (expected.isArray()) {
      assertThat(actual.size()).isEqualTo(expected.size());
      for (int i = 0; i < expected.size(); i++) {
        compare(actual.get(i), expected.get(i), tolerance);
      }
    } else {
      assertThat(actual.asDouble()).isCloseTo(expected.asDouble(), within(tolerance));
    }
  }

  @Test
  void partThatIsNotReadIsNamed() throws Exception {
    Path file = FIELD.resolve("M14-further-files-are-dropped/2-m.pt");
    HttpResponse<byte[]> put =
        form(
            "PUT",
            "/v1/models/part-unread/versions/1",
            List.of(
                new FormPart("file", "my notes (2).bin", new byte[] {1, 2, 3}),
                new FormPart("file", "m.pt", Files.readAllBytes(file))));
    assertProblem(put, 422, "unsupported-model", "my_notes__2_.bin");
    assertThat(json(put).get("detail").asString()).contains("my_notes__2_.bin").contains("m.pt");
    assertProblem(send(request("GET", "/v1/models/part-unread", null)), 404, "model-not-found");
  }

  @Test
  void textsBesideAModelAreSaidInItsDescription() throws Exception {
    Path file = FIELD.resolve("M14-further-files-are-dropped/2-m.pt");
    HttpResponse<byte[]> inspected =
        form(
            "POST",
            "/v1/models:inspect",
            List.of(
                new FormPart("file", "config.json", "{}".getBytes(StandardCharsets.UTF_8)),
                new FormPart("file", "m.pt", Files.readAllBytes(file))));
    assertThat(inspected.statusCode()).as(text(inspected)).isEqualTo(200);
    assertThat(json(inspected).get("assumed").toString()).contains("config.json");
  }

  @Test
  void fieldOfTheFormThatNobodyKnowsIsRefused() throws Exception {
    Path file = FIELD.resolve("M14-further-files-are-dropped/2-m.pt");
    for (String name : List.of("files", "model", "Config", "format")) {
      HttpResponse<byte[]> put =
          form(
              "PUT",
              "/v1/models/part-field/versions/1",
              List.of(
                  new FormPart("file", "m.pt", Files.readAllBytes(file)),
                  new FormPart(name, null, new byte[] {'1'})));
      assertProblem(put, 400, "invalid-input", "/" + name);
      assertThat(text(put)).contains("known parts are file, config");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models, limit",
    "GET, /v1/models/notebook-cell, no query",
    "GET, /v1/models/notebook-cell/versions/1, no query",
    "DELETE, /v1/models/nobody, no query",
    "DELETE, /v1/models/nobody/versions/1, no query",
    "POST, /v1/models/notebook-cell/step, deadline",
    "POST, /v1/models/notebook-cell/unroll, return_sequences",
    "POST, /v1/models/notebook-cell/versions/1/step, trace",
    "POST, /v1/models/notebook-cell/versions/1/unroll, trace",
    "POST, /v1/models/notebook-cell/sequences, ttl",
    "POST, /v1/models/notebook-cell/versions/1/sequences, batch",
    "POST, /v1/sequences/nobody/step, return_state",
    "POST, /v1/sequences/nobody/unroll, return_state",
    "POST, /v1/sequences/nobody/fork, no query",
    "GET, /v1/sequences/nobody, no query",
    "DELETE, /v1/sequences/nobody, no query",
    "PUT, /v1/models/nobody/versions/1, format",
    "POST, /v1/models/nobody/versions, format",
    "POST, /v1/models:inspect, format",
    "GET, /v1/openapi, no query",
  })
  void queryParameterThatNobodyKnowsIsRefused(String method, String path, String known)
      throws Exception {
    byte[] body = method.startsWith("P") ? CELL_BODY.getBytes(StandardCharsets.UTF_8) : null;
    HttpResponse<byte[]> answer =
        send(
            request(method, path + "?retrun_sequences=true", body)
                .header("Content-Type", "application/json"));
    assertProblem(answer, 400, "invalid-input", "?retrun_sequences");
    assertThat(text(answer)).contains(known);
  }
}
