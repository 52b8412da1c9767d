package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to what is not there, in ways that are not served, or that are no HTTP. */
class BadAddressHttpTest extends ServerTest {

  private static final byte[] BODY = CELL_BODY.getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models/nobody",
    "GET, /v1/models/nobody/versions/1",
    "GET, /v1/models/notebook-cell/versions/2",
    "POST, /v1/models/nobody/step",
    "POST, /v1/models/nobody/unroll",
    "POST, /v1/models/notebook-cell/versions/2/step",
    "POST, /v1/models/notebook-cell/versions/999999999999999999/unroll",
    "DELETE, /v1/models/nobody",
    "DELETE, /v1/models/notebook-cell/versions/2",
  })
  void unknownModelOrVersion(String method, String path) throws Exception {
    HttpRequest.Builder request =
        request(method, path, method.equals("POST") ? BODY : null)
            .header("Content-Type", "application/json");
    assertProblem(send(request), 404, "model-not-found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "01", "1.0", "abc", "%20", "1e3", "9999999999999999999"})
  void versionThatIsNoNumber(String version) throws Exception {
    String path = "/v1/models/notebook-cell/versions/" + version;
    for (String method : new String[] {"GET", "PUT", "DELETE"}) {
      assertProblem(send(request(method, path, null)), 400, "invalid-input", "{version}");
    }
    assertProblem(postJson(path + "/step", CELL_BODY), 400, "invalid-input", "{version}");
  }

  static Stream<String> names() {
    return Stream.of(
        "a.b",
        "...",
        "-a",
        "_a",
        "a%20b",
        "%20",
        "%C3%A9",
        "a:b",
        "a,b",
        "a%00b",
        "a%3Fb",
        "a".repeat(129));
  }

  @ParameterizedTest
  @MethodSource("names")
  void nameThatIsNone(String name) throws Exception {
    String model = "/v1/models/" + name;
    assertBadName(request("GET", model, null));
    assertBadName(request("DELETE", model, null));
    assertBadName(request("PUT", model + "/versions/1", BODY));
    assertBadName(request("POST", model + "/versions", BODY));
    assertBadName(
        request("POST", model + "/step", BODY).header("Content-Type", "application/json"));
  }

  private void assertBadName(HttpRequest.Builder request) throws Exception {
    HttpResponse<byte[]> response = send(request);
    // The container refuses a NUL by itself.
    if (response.uri().toString().contains("%00")) {
      assertProblem(response, 400, "bad-request");
    } else {
      assertProblem(response, 400, "invalid-input", "{model}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/models/a%2Fb",
        "/v1/models/..%2Fa/versions/1",
        "/v1/models/a%5Cb",
        "/v1/models/%zz",
        "/v1/models/%2e%2e/%2e%2e/%2e%2e/etc",
        "/v1/models/a;b=c/../../../../x",
        "/v1/models/{a}",
        "/v1/models/a|b",
        "/v1/models/a?format=[1]",
      })
  void pathThatTheContainerRefuses(String path) throws Exception {
    for (String method : new String[] {"GET", "PUT"}) {
      assertProblem(rawRequest(method + " " + path + " HTTP/1.1"), 400, "bad-request");
    }
  }

  @Test
  void pathsAreNormalizedBeforeTheyAreRead() throws Exception {
    assertProblem(rawRequest("GET /v1/models/../../x HTTP/1.1"), 404, "not-found");
    assertProblem(rawRequest("GET /v1/models/%2e%2e/x HTTP/1.1"), 404, "not-found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GARBAGE",
        "GET",
        "GET /v1/models HTTP/one",
        "GET http://[ HTTP/1.1",
        "GE(T /v1/models HTTP/1.1",
        "\u0001\u0002 /v1/models HTTP/1.1"
      })
  void requestLineThatIsNone(String line) throws Exception {
    assertProblem(rawRequest(line), 400, "bad-request");
  }

  @Test
  void protocolThatIsNotSpoken() throws Exception {
    assertProblem(rawRequest("GET /v1/models HTTP/9.9"), 505, "http-version-not-supported");
  }

  @Test
  void headersThatAreTooLong() throws Exception {
    assertProblem(
        rawRequest("GET /v1/models HTTP/1.1\r\nX-Long: " + "a".repeat(100_000)),
        400,
        "bad-request");
  }

  private RawResponse rawRequest(String start) throws Exception {
    String request = start + "\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return sendRaw(request.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/index.html",
        "/page",
        "/page/none.js",
        "/v1",
        "/v2x",
        "/v1/models/a/b/c",
        "/v1/models/a/stride",
        "/favicon.ico"
      })
  void unknownRoute(String path) throws Exception {
    assertProblem(send(request("GET", path, null)), 404, "not-found");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/models/notebook-cell/step, POST",
    "DELETE, /v1/models, GET",
    "PATCH, /v1/models/notebook-cell/versions/1, PUT",
    "PUT, /v1/models/notebook-cell/versions, POST",
    "TRACE, /v1/models, GET",
  })
  void methodThatIsNotServed(String method, String path, String allowed) throws Exception {
    HttpResponse<byte[]> response = send(request(method, path, null));
    assertProblem(response, 405, "method-not-allowed");
    assertThat(response.headers().firstValue("Allow").orElse("")).contains(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "nonsense",
        "application/octet-stream"
      })
  void mediaTypeThatIsNotRead(String mediaType) throws Exception {
    assertProblem(
        send(request("POST", CELL, BODY).header("Content-Type", mediaType)),
        415,
        "unsupported-media-type");
  }

  @Test
  void bodyOfNoMediaType() throws Exception {
    assertProblem(send(request("POST", CELL, BODY)), 415, "unsupported-media-type");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "image/png", "application/vnd.onnx", "nonsense"})
  void answerThatIsNotWritten(String accept) throws Exception {
    HttpRequest.Builder request =
        request("POST", CELL, BODY)
            .header("Content-Type", "application/json")
            .header("Accept", accept);
    assertProblem(send(request), 406, "not-acceptable");
  }

  /** Its tensors are not looked at: the body is none. */
  @ParameterizedTest
  @ValueSource(strings = {"/v1/models/nosuch/step", "/v1/models/nosuch/unroll"})
  void unknownModelCostsNoDecoding(String path) throws Exception {
    assertProblem(postJson(path, "{\"x\": [[1"), 404, "model-not-found");
  }

  @Test
  void norDoesItInTheOpenInferenceProtocol() throws Exception {
    HttpResponse<byte[]> response = postJson("/v2/models/nosuch/infer", "{\"inputs\": [[1");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(text(response)).isEqualTo("{\"error\":\"there is no model 'nosuch'\"}");
  }
}
