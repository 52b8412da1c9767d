package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Models come, are listed and go, as clients see it, and whoever may not change them. */
class ModelChangesHttpTest extends ServerTest {

  private static final byte[] GOOD = ModelBytes.pytorch(2, 3, 1);
  private static final byte[] OTHER = ModelBytes.pytorch(2, 4, 1);
  private static final String LAST = "999999999999999999";

  private int status(String method, String path, byte[] body) throws Exception {
    return send(request(method, path, body)).statusCode();
  }

  @Test
  void putThatIsTriedAgainIsAnsweredTheSame() throws Exception {
    String path = "/v1/models/again/versions/1";
    HttpResponse<byte[]> first = send(request("PUT", path, GOOD));
    assertThat(first.statusCode()).isEqualTo(201);
    HttpResponse<byte[]> again = send(request("PUT", path, GOOD));
    assertThat(again.statusCode()).as(text(again)).isEqualTo(200);
    assertThat(text(again)).isEqualTo(text(first));
    assertProblem(send(request("PUT", path, OTHER)), 409, "version-exists");
    assertProblem(send(request("PUT", path + "?format=safetensors", GOOD)), 409, "version-exists");
    assertThat(status("DELETE", path, new byte[0])).isEqualTo(204);
  }

  @Test
  void modelsAreListedInPages() throws Exception {
    List<String> put = List.of("page-a/1", "page-a/2", "page-a/10", "page-b/3", "page-c/1");
    for (String id : put) {
      assertThat(status("PUT", "/v1/models/" + id.replace("/", "/versions/"), GOOD)).isEqualTo(201);
    }
    List<String> seen = new ArrayList<>();
    String query = "?limit=2&after=page/1";
    int pages = 0;
    while (!query.isEmpty()) {
      HttpResponse<byte[]> answer = send(request("GET", "/v1/models" + query, null));
      assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
      JsonNode page = json(answer);
      assertThat(page.path("models").size()).isBetween(1, 2);
      page.path("models")
          .forEach(
              model ->
                  seen.add(model.path("name").asString() + "/" + model.path("version").asString()));
      pages++;
      JsonNode next = page.path("next");
      query = next.isMissingNode() ? "" : "?limit=2&after=" + next.asString();
      assertThat(answer.headers().firstValue("Link").orElse(""))
          .isEqualTo(query.isEmpty() ? "" : "</v1/models" + query + ">; rel=\"next\"");
    }
    assertThat(seen.stream().filter(id -> id.startsWith("page-"))).containsExactlyElementsOf(put);
    assertThat(seen).doesNotHaveDuplicates();
    assertThat(pages).isGreaterThanOrEqualTo(3);
    JsonNode all = json(send(request("GET", "/v1/models", null)));
    assertThat(all.path("models").size()).isGreaterThanOrEqualTo(put.size() + 3);
    assertThat(all.has("next")).isFalse();
    for (String name : List.of("page-a", "page-b", "page-c")) {
      assertThat(status("DELETE", "/v1/models/" + name, new byte[0])).isEqualTo(204);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "?limit=0, ?limit",
    "?limit=-1, ?limit",
    "?limit=10001, ?limit",
    "?limit=99999999999, ?limit",
    "?limit=, ?limit",
    "?limit=1e1, ?limit",
    "?limit=1&limit=2, ?limit",
    "?after=a, ?after",
    "?after=, ?after",
    "?after=a/0, ?after",
    "?after=/1, ?after",
    "?after=a/1000000000000000000, ?after",
    "?page=2, ?page",
  })
  void pageThatIsNone(String query, String pointer) throws Exception {
    HttpResponse<byte[]> answer = send(request("GET", "/v1/models" + query, null));
    assertProblem(answer, 400, "invalid-input", pointer);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models/notebook-cell",
    "GET, /v1/models/notebook-cell/versions/1",
    "DELETE, /v1/models/notebook-cell",
    "DELETE, /v1/models/notebook-cell/versions/1",
    "PUT, /v1/models/query/versions/1",
    "POST, /v1/models/query/versions",
    "POST, /v1/models:inspect",
  })
  void queryThatNobodyKnows(String method, String path) throws Exception {
    byte[] body = method.startsWith("P") ? GOOD : null;
    HttpResponse<byte[]> answer = send(request(method, path + "?fromat=npz", body));
    assertProblem(answer, 400, "invalid-input", "?fromat");
  }

  @Test
  void versionsEndWhereTheirNumbersDo() throws Exception {
    String last = "/v1/models/edge/versions/" + LAST;
    assertThat(status("PUT", last, GOOD)).isEqualTo(201);
    assertProblem(send(request("POST", "/v1/models/edge/versions", GOOD)), 409, "no-version-left");
    for (String method : List.of("GET", "PUT", "DELETE")) {
      HttpResponse<byte[]> answer =
          send(request(method, "/v1/models/edge/versions/1" + "0".repeat(18), null));
      assertProblem(answer, 400, "invalid-input", "{version}");
      assertThat(text(answer)).contains("from 1 to " + LAST);
    }
    HttpResponse<byte[]> oip =
        send(request("GET", "/v2/models/edge/versions/1" + "0".repeat(18), null));
    assertThat(oip.statusCode()).isEqualTo(400);
    assertThat(json(oip).path("error").asString()).contains("from 1 to " + LAST);
    assertThat(status("GET", "/v2/models/edge/versions/" + LAST, new byte[0])).isEqualTo(200);
    assertThat(status("DELETE", last, new byte[0])).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models/notebook-cell;v=1",
        "PUT /v1/models/a;b=c/versions/1",
        "PUT /v1/models/a/versions/1;x",
        "DELETE /v1/models/notebook-cell;a",
        "POST /v1/models/notebook-cell;a=b/step",
        "POST /v1/models;a/notebook-cell/step",
        "GET /v1/models;jsessionid=1",
        "GET /actuator/health;a",
      })
  void pathWithParameters(String request) throws Exception {
    assertProblem(sendRaw(raw(request, "")), 400, "bad-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v2/models/notebook-cell;a=b/ready",
        "POST /v2/models/notebook-cell/versions/1;v=2/infer",
        "POST /v2/repository/models/notebook-cell;a/unload",
        "GET /v2/models/notebook-cell%3Ba/ready",
        "GET /v2/models/notebook-cell%3ba=b/versions/1",
      })
  void pathWithParametersByTheOtherProtocol(String request) throws Exception {
    RawResponse answer = sendRaw(raw(request, ""));
    assertThat(answer.status()).as("%s", answer).isEqualTo(400);
    assertThat(answer.body()).contains("{\"error\":\"");
  }

  private static byte[] raw(String request, String headers) {
    return "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n"
        .formatted(request, headers)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void semicolonInANameIsNone() throws Exception {
    for (String path : List.of("/v1/models/a%3Bb", "/v1/models/a%3bb/versions/1")) {
      for (String method : List.of("GET", "DELETE")) {
        assertProblem(send(request(method, path, null)), 400, "invalid-input", "{model}");
      }
    }
    assertProblem(postJson("/v1/models/a%3Bb/step", CELL_BODY), 400, "invalid-input", "{model}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: http://localhost:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
      })
  void pageOfAnotherOriginChangesNothing(String header) throws Exception {
    for (String request :
        List.of(
            "PUT /v1/models/foreign/versions/1",
            "POST /v1/models/foreign/versions",
            "POST /v1/models/foreign/%76ersions",
            "POST /v1/models:inspect",
            "DELETE /v1/models/notebook-cell",
            "DELETE /v1/models/notebook-cell/versions/1")) {
      assertProblem(sendRaw(raw(request, header + "\r\n")), 403, "cross-origin");
    }
    RawResponse unload =
        sendRaw(raw("POST /v2/repository/models/notebook-cell/unload", header + "\r\n"));
    assertThat(unload.status()).isEqualTo(403);
    assertThat(unload.body()).startsWith("{\"error\":\"models are not changed");
    assertThat(status("GET", "/v1/models/notebook-cell", new byte[0])).isEqualTo(200);
  }

  @Test
  void pageOfThisServerAndWhatIsNoBrowserChangeModels() throws Exception {
    String path = "/v1/models/own/versions/1";
    assertThat(
            send(request("PUT", path, GOOD)
                    .header("Origin", "http://localhost:" + port)
                    .header("Sec-Fetch-Site", "same-origin"))
                .statusCode())
        .isEqualTo(201);
    assertThat(
            send(request("PUT", path, GOOD)
                    .header("Origin", "https://allowed.example")
                    .header("Sec-Fetch-Site", "cross-site"))
                .statusCode())
        .isEqualTo(200);
    assertThat(send(request("DELETE", path, null).header("Sec-Fetch-Site", "none")).statusCode())
        .isEqualTo(204);
  }

  @Test
  void nameThatWasMadeToLeadHereChangesNothing() throws Exception {
    String head =
        "DELETE /v1/models/notebook-cell HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n";
    for (String host : List.of("evil.example", "evil.example:" + port, "localhost.evil.example")) {
      assertProblem(
          sendRaw(head.formatted(host).getBytes(StandardCharsets.UTF_8)), 403, "host-not-allowed");
    }
    assertProblem(
        sendRaw(
            head.replace("notebook-cell", "nobody")
                .formatted("allowed.example")
                .getBytes(StandardCharsets.UTF_8)),
        404,
        "model-not-found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1]", "1", "true", "{} {}", "{\"ready\": {}}", "{\"ready\": [1]}", "{"})
  void documentOfAnotherFormIsRefusedWithoutAWordOfJava(String body) throws Exception {
    for (String path :
        List.of("/v2/repository/index", "/v2/repository/models/notebook-cell/load")) {
      if (path.endsWith("load") && body.contains("ready")) {
        continue;
      }
      HttpResponse<byte[]> answer = postJson(path, body);
      assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
      assertThat(json(answer).path("error").asString())
          .doesNotContain("java")
          .doesNotContain("Feature")
          .doesNotContain("JsonToken");
    }
  }

  private String health(String of) throws Exception {
    HttpResponse<byte[]> answer = send(request("GET", "/actuator/health/" + of, null));
    return answer.statusCode() + " " + json(answer).path("status").asString();
  }

  @Test
  void repositoryThatHasGoneIsToldAndWhatIsLoadedServes() throws Exception {
    String path = "/v1/models/gone/versions/1";
    assertThat(status("PUT", path, GOOD)).isEqualTo(201);
    assertThat(health("repository")).isEqualTo("200 UP");
    Path aside = repository.resolveSibling(repository.getFileName() + "-aside");
    Files.move(repository, aside);
    try {
      assertThat(health("repository")).isEqualTo("503 OUT_OF_SERVICE");
      assertThat(health("readiness")).isEqualTo("200 UP");
      assertThat(health("liveness")).isEqualTo("200 UP");
      for (HttpResponse<byte[]> answer :
          List.of(
              send(request("PUT", "/v1/models/gone/versions/2", GOOD)),
              send(request("POST", "/v1/models/gone/versions", GOOD)),
              send(request("DELETE", path, null)))) {
        assertProblem(answer, 503, "storage-missing");
        assertThat(text(answer)).doesNotContain("Exception").doesNotContain("models-");
      }
      assertThat(status("GET", path, new byte[0])).isEqualTo(200);
      assertThat(postJson(CELL, CELL_BODY).statusCode()).isEqualTo(200);
    } finally {
      Files.move(aside, repository);
    }
    assertThat(health("repository")).isEqualTo("200 UP");
    assertThat(status("DELETE", path, new byte[0])).isEqualTo(204);
  }
}
