package dev.keepgate.api.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.GoldenCase;
import dev.keepgate.OwnRepository;
import dev.keepgate.api.contract.ApiContract.Operation;
import dev.keepgate.api.contract.RawHttp.Framing;
import dev.keepgate.api.contract.RawHttp.Request;
import dev.keepgate.api.contract.RawHttp.Response;
import dev.keepgate.api.contract.RequestFuzzer.Fuzzed;
import dev.keepgate.api.http.ProblemDetails;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

/**
 * Whatever is sent, the server answers as its OpenAPI documents say: no failure of its own, every
 * status documented, every answer of its schema, every error in its protocol's shape, and nothing
 * taken that the schema of the request forbids. Requests are made from the documents, from a seed:
 * {@code -Dfuzz.seed=1 -Dfuzz.requests=100000} searches elsewhere and longer.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.http.max-body=200KB",
      "keepgate.http.max-model=400KB",
      "keepgate.inference.max-working-memory=1MB",
      "keepgate.repository.built-in=always"
    })
class ContractFuzzTest implements OwnRepository {

  private static final Logger log = LoggerFactory.getLogger(ContractFuzzTest.class);
  private static final int REQUESTS = Integer.getInteger("fuzz.requests", 5000);
  private static final long SEED = Long.getLong("fuzz.seed", 20260101);
  private static final List<String> FRAMEWORKS =
      List.of(
          "pytorch-tagger",
          "pytorch-projection",
          "pytorch-bidirectional",
          RequestFuzzer.FORECASTER);
  private static final String CELL_BODY = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]}";

  @LocalServerPort private int port;

  @BeforeEach
  void serveModelsOfAllKinds() throws Exception {
    Awaitility.await().until(() -> get("/actuator/health/readiness").status() == 200);
    for (String name : FRAMEWORKS) {
      byte[] file = Files.readAllBytes(GoldenCase.read(name).file(".safetensors"));
      assertThat(send("PUT", "/v1/models/" + name + "/versions/1", file).status())
          .isIn(200, 201, 409);
    }
    byte[] text =
        Files.readAllBytes(Path.of("src/test/resources/golden-texts/keras-ids/model.keras"));
    assertThat(send("PUT", "/v1/models/" + RequestFuzzer.GENERATOR + "/versions/1", text).status())
        .isIn(200, 201, 409);
    for (String model : widths().keySet()) {
      String label = "/v1/models/%s/labels/%s".formatted(model, RequestFuzzer.LABEL);
      byte[] body = "{\"version\": 1}".getBytes(StandardCharsets.UTF_8);
      int status = send("PUT", label, body).status();
      assertThat(model.startsWith("fuzz-") || status == 200).as("%s %d", model, status).isTrue();
    }
    openASequenceToLookAheadFrom();
  }

  private void openASequenceToLookAheadFrom() throws IOException {
    byte[] open =
        "{\"id\": \"%s\"}".formatted(RequestFuzzer.STEPPED).getBytes(StandardCharsets.UTF_8);
    assertThat(send("POST", "/v1/models/" + RequestFuzzer.FORECASTER + "/sequences", open).status())
        .isIn(201, 409);
    byte[] step = "{\"x\": [1,2,3,4,3,2]}".getBytes(StandardCharsets.UTF_8);
    String path = "/v1/sequences/" + RequestFuzzer.STEPPED + "/step";
    assertThat(send("POST", path, step).status()).isEqualTo(200);
  }

  private Response get(String path) throws IOException {
    return RawHttp.send(port, new Request("GET", path, List.of(), null, Framing.LENGTH).bytes());
  }

  private JsonNode document(String protocol) throws IOException {
    return json(
        RawHttp.send(
            port,
            new Request(
                    "GET",
                    "/" + protocol + "/openapi",
                    List.of(Map.entry("Accept", "application/json")),
                    null,
                    Framing.LENGTH)
                .bytes()));
  }

  private Response send(String method, String path, byte[] body) throws IOException {
    List<Map.Entry<String, String>> headers =
        List.of(Map.entry("Content-Type", "application/json"));
    return RawHttp.send(port, new Request(method, path, headers, body, Framing.LENGTH).bytes());
  }

  private JsonNode json(Response response) {
    JsonNode json = Json.strict(response.body());
    assertThat(json.isMissingNode()).as("%s", response).isFalse();
    return json;
  }

  /** Numbers that a step of each model takes; 0 where it takes an id. */
  private Map<String, Integer> widths() throws IOException {
    Map<String, Integer> widths = new TreeMap<>();
    for (JsonNode model : json(get("/v1/models")).get("models")) {
      int width = model.has("embedding") ? 0 : model.get("input_size").asInt();
      widths.put(model.get("name").asString(), width);
    }
    return widths;
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void theServerKeepsItsWord(String protocol) throws Exception {
    ApiContract contract = new ApiContract(document(protocol));
    RequestFuzzer fuzzer = new RequestFuzzer(contract, new Random(SEED), widths());
    byte[] cell = CELL_BODY.getBytes(StandardCharsets.UTF_8);
    JsonNode before = json(send("POST", "/v1/models/notebook-cell/step", cell));
    List<Operation> operations = new ArrayList<>(contract.operations());
    contract.operations().stream()
        .filter(o -> o.json().has("requestBody"))
        .forEach(operations::add);
    Map<String, String> broken = new LinkedHashMap<>();
    Map<String, Integer> seen = new TreeMap<>();
    log.info("{} requests of {} from seed {}", REQUESTS, protocol, SEED);
    for (int i = 0; i < REQUESTS; i++) {
      Operation operation = operations.get(i % operations.size());
      Fuzzed fuzzed = fuzzer.next(operation);
      Response response;
      try {
        response = RawHttp.send(port, fuzzed.request().bytes());
      } catch (IOException e) {
        broken.putIfAbsent(
            operation + " without an answer",
            "request %d of %s:\n%s\n%s".formatted(i, operation, fuzzed.request(), e.getMessage()));
        continue;
      }
      try {
        check(contract, protocol, operation, fuzzed, response);
      } catch (AssertionError e) {
        broken.putIfAbsent(
            operation + String.valueOf(e.getMessage()).replaceAll("\\d", ""),
            "request %d of %s:\n%s\nwas answered\n%s\n%s"
                .formatted(i, operation, fuzzed.request(), response, e.getMessage()));
      }
      seen.merge(operation + " " + response.status(), 1, Integer::sum);
    }
    log.info("Answers of {}: {}", protocol, seen);
    assertThat(broken.values()).as("from seed %d", SEED).isEmpty();
    for (Operation operation : contract.operations()) {
      assertThat(seen.keySet()).anyMatch(each -> each.matches("\\Q" + operation + "\\E 2.."));
    }
    assertThat(json(send("POST", "/v1/models/notebook-cell/step", cell))).isEqualTo(before);
  }

  private static void check(
      ApiContract contract,
      String protocol,
      Operation operation,
      Fuzzed fuzzed,
      Response response) {
    Request request = fuzzed.request();
    int status = response.status();
    if (status >= 500) {
      assertThat(status).isIn(504, 507);
      assertThat(status == 507 || mayExpire(request)).as("a deadline was given").isTrue();
    }
    if (status >= 400) {
      assertError(contract, protocol, operation, fuzzed, response);
    }
    if (!fuzzed.routed()) {
      return;
    }
    // What the container finds in a head or in the frame of a body is of no operation.
    if (status < 400 || request.isWhole()) {
      boolean refusedToWait = status == 417 && request.header("Expect") != null;
      assertThat(refusedToWait || operation.json().get("responses").has("" + status))
          .as("%s answers %d", operation, status)
          .isTrue();
    }
    if (status < 300) {
      contract.assertDocumented(operation, response);
      assertThat(request.isWhole() || mayEndEarly(operation, request))
          .as("a broken body is taken")
          .isTrue();
      assertAllowed(contract, operation, request);
    }
  }

  /** Nobody reads a body that means nothing, or what follows the last part of a form. */
  private static boolean mayEndEarly(Operation operation, Request request) {
    String type = request.header("Content-Type");
    return request.body() == null
        || !operation.json().has("requestBody")
        || (type != null && type.startsWith("multipart/"));
  }

  private static boolean mayExpire(Request request) {
    return request.target().contains("deadline=")
        || request.header("deadline") != null
        || (request.body() != null
            && new String(request.body(), StandardCharsets.UTF_8).contains("timeout"));
  }

  private static void assertSlugIsDocumented(Operation operation, int status, String type) {
    JsonNode responses = operation.json().get("responses");
    JsonNode problems =
        responses.path(responses.has("" + status) ? "" + status : "default").path("x-problems");
    assertThat(problems.valueStream())
        .as("%s answers %d", operation, status)
        .extracting(slug -> "urn:keepgate:problem:" + slug.asString())
        .contains(type);
  }

  private static void assertError(
      ApiContract contract,
      String protocol,
      Operation operation,
      Fuzzed fuzzed,
      Response response) {
    Request request = fuzzed.request();
    JsonNode body = Json.strict(response.body());
    assertThat(body.isMissingNode()).as("the error is no JSON").isFalse();
    if (!request.target().matches("[^{}|]*")) {
      // No target at all, so of no protocol.
      assertThat(response.mediaType()).isEqualTo(ProblemDetails.MEDIA_TYPE);
      return;
    }
    if (protocol.equals("v2")) {
      assertThat(response.mediaType()).isEqualTo("application/json");
      assertThat(body.propertyNames()).containsExactly("error");
      assertThat(body.get("error").asString()).isNotBlank();
      return;
    }
    assertThat(response.mediaType()).isEqualTo(ProblemDetails.MEDIA_TYPE);
    assertThat(contract.errors(contract.schema("Problem"), body)).isEmpty();
    assertThat(body.get("status").asInt()).isEqualTo(response.status());
    assertThat(body.get("type").asString()).matches("urn:keepgate:problem:[a-z-]+");
    if (fuzzed.routed() && request.isWhole()) {
      assertSlugIsDocumented(operation, response.status(), body.get("type").asString());
    }
    assertThat(body.get("requestId").asString()).isEqualTo(response.headers().get("x-request-id"));
    assertThat(body.get("title").asString()).isNotBlank();
    assertThat(body.get("detail").asString()).isNotBlank();
    if (body.get("type").asString().endsWith(":invalid-input")) {
      assertThat(body.path("errors").size()).isPositive();
    }
    for (JsonNode error : body.path("errors")) {
      assertThat(error.get("detail").asString()).isNotBlank();
      assertPointsInto(request, error.get("pointer").asString());
    }
  }

  /** A pointer into a JSON body is of something that is there, or missing right there. */
  private static void assertPointsInto(Request request, String pointer) {
    byte[] body = request.body();
    JsonNode sent = Json.strict(body == null ? new byte[0] : body);
    int last = pointer.lastIndexOf('/');
    if (!sent.isMissingNode() && last > 0 && !pointer.startsWith("/config")) {
      assertThat(sent.at(pointer.substring(0, last)).isMissingNode()).as(pointer).isFalse();
    }
  }

  /** What was taken is of the schemas of its body and its query. */
  private static void assertAllowed(ApiContract contract, Operation operation, Request request) {
    String type = request.header("Content-Type");
    byte[] body = request.body();
    boolean isJson = type != null && type.startsWith("application/json");
    if (body != null
        && body.length > 0
        && isJson
        && !operation.bodySchema().isMissingNode()
        && request.header("Content-Encoding") == null
        && request.header("Inference-Header-Content-Length") == null) {
      JsonNode sent = Json.strict(body);
      assertThat(sent.isMissingNode()).as("what is no JSON is taken").isFalse();
      if (!sent.isNull() || operation.json().at("/requestBody/required").asBoolean(false)) {
        assertThat(contract.errors(operation.bodySchema(), Json.asDocumented(sent))).isEmpty();
      }
    }
    for (JsonNode parameter : operation.parameters("query")) {
      String beside = parameter.get("name").asString() + "=beside-";
      boolean free = parameter.at("/schema/type").asString("").equals("string");
      assertThat(!free && request.target().contains(beside)).as("%s is taken", beside).isFalse();
    }
  }
}
