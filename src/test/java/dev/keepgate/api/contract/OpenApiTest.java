package dev.keepgate.api.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.api.contract.ApiContract.Operation;
import dev.keepgate.inference.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.AbstractUrlHandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The OpenAPI documents say what there is, and what they show can be run. On a server of its own:
 * other tests take away the models that the examples name.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"spring.application.name=openapi", "keepgate.repository.built-in=always"})
class OpenApiTest {

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern PLACE = Pattern.compile("\\{([^}]+)}");

  /** A setting that a document names, and its default where it is a number of something. */
  private static final Pattern SETTING =
      Pattern.compile("`(keepgate\\.[a-z.-]+[a-z])[.*]*`(?:, (\\d+[A-Za-z]*))?");

  private static final String BOUNDARY = "documented";

  /** Routes that are of no protocol: the page, its files, what moved, operation, errors. */
  private static final Pattern OTHER =
      Pattern.compile("/|/page/.*|/docs.*|/openapi/.*|/actuator.*|/error");

  private final HttpClient client = HttpClient.newHttpClient();

  @Autowired private ApplicationContext context;
  @LocalServerPort private int port;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) throws IOException {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "models-");
    properties.add("keepgate.repository.path", folder::toString);
  }

  @BeforeEach
  void awaitReadiness() throws Exception {
    Awaitility.await()
        .until(() -> send("GET", "/actuator/health/readiness", "", "", null).statusCode() == 200);
    for (String model : List.of("notebook-cell", "notebook-sequence")) {
      byte[] version = "{\"version\": 1}".getBytes(StandardCharsets.UTF_8);
      String label = "/v1/models/" + model + "/labels/tried";
      assertThat(send("PUT", label, "", "application/json", version).statusCode()).isEqualTo(200);
    }
  }

  private HttpResponse<byte[]> send(
      String method, String path, String accept, String type, byte @Nullable [] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .method(
                method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (!accept.isEmpty()) {
      request.header("Accept", accept);
    }
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String type(HttpResponse<byte[]> response) {
    return response.headers().firstValue("Content-Type").orElse("none").replaceAll(";.*", "");
  }

  private ApiContract contract(String protocol) throws Exception {
    HttpResponse<byte[]> response =
        send("GET", "/" + protocol + "/openapi", "application/json", "", null);
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return new ApiContract(JSON.readTree(response.body()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void documentIsServedAsItIsWritten(String protocol) throws Exception {
    byte[] written = Files.readAllBytes(Path.of("src/main/resources/openapi", protocol + ".yaml"));
    HttpResponse<byte[]> yaml = send("GET", "/" + protocol + "/openapi", "", "", null);
    assertThat(type(yaml)).isEqualTo("application/yaml");
    assertThat(yaml.body()).isEqualTo(written);
    HttpResponse<byte[]> json =
        send("GET", "/" + protocol + "/openapi", "application/json", "", null);
    assertThat(type(json)).isEqualTo("application/json");
    assertThat(JSON.readTree(json.body()))
        .isEqualTo(JSON.valueToTree(new Yaml().load(new String(written, StandardCharsets.UTF_8))));
    HttpResponse<byte[]> moved = send("GET", "/openapi/" + protocol, "", "", null);
    assertThat(moved.statusCode()).isEqualTo(308);
    assertThat(moved.headers().firstValue("Location")).hasValue("/" + protocol + "/openapi");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void documentIsWhole(String protocol) throws Exception {
    ApiContract contract = contract(protocol);
    JsonNode document = contract.document();
    assertThat(document.get("openapi").asString()).startsWith("3.0");
    assertThat(document.at("/info/title").asString()).startsWith("Keepgate");
    BuildProperties build = context.getBeanProvider(BuildProperties.class).getIfAvailable();
    if (build != null) {
      assertThat(document.at("/info/version").asString()).isEqualTo(build.getVersion());
    }
    Set<String> ids = new HashSet<>();
    for (Operation operation : contract.operations()) {
      JsonNode json = operation.json();
      assertThat(ids.add(json.get("operationId").asString())).as("%s", json).isTrue();
      assertThat(json.get("summary").asString()).isNotBlank();
      assertThat(json.get("responses").size()).isGreaterThan(1);
      for (JsonNode response : json.get("responses")) {
        assertThat(response.get("description").asString()).isNotBlank();
        assertThat(response.get("headers").has("X-Request-Id")).as("%s", operation).isTrue();
      }
      Set<String> declared = new TreeSet<>();
      for (JsonNode parameter : operation.parameters("path")) {
        assertThat(parameter.get("required").asBoolean()).isTrue();
        declared.add(parameter.get("name").asString());
      }
      assertThat(declared).isEqualTo(places(operation.path()));
    }
    assertReferencesResolve(document, document);
  }

  private static Set<String> places(String path) {
    Set<String> places = new TreeSet<>();
    Matcher matcher = PLACE.matcher(path);
    while (matcher.find()) {
      places.add(matcher.group(1));
    }
    return places;
  }

  private static void assertReferencesResolve(JsonNode document, JsonNode node) {
    JsonNode reference = node.get("$ref");
    if (reference != null) {
      assertThat(document.at(reference.asString().substring(1)).isMissingNode())
          .as(reference.asString())
          .isFalse();
    }
    node.forEach(child -> assertReferencesResolve(document, child));
  }

  @ParameterizedTest
  @CsvSource({"v1, Problem, application/problem+json", "v2, ErrorResponse, application/json"})
  void everyErrorHasTheProtocolsForm(String protocol, String schema, String mediaType)
      throws Exception {
    for (Operation operation : contract(protocol).operations()) {
      for (Map.Entry<String, JsonNode> response : operation.json().get("responses").properties()) {
        boolean isReadiness = operation.path().equals("/v2/health/ready");
        if (response.getKey().matches("[45]..|default")
            && !(isReadiness && response.getKey().equals("503"))) {
          JsonNode content = response.getValue().get("content");
          assertThat(content.propertyNames()).containsExactly(mediaType);
          assertThat(content.get(mediaType).at("/schema/$ref").asString())
              .isEqualTo("#/components/schemas/" + schema);
          assertThat(response.getValue().path("x-problems").isEmpty())
              .isEqualTo(protocol.equals("v2"));
        }
      }
    }
  }

  @Test
  void everyErrorCodeIsDocumented() throws Exception {
    Set<String> documented = new TreeSet<>();
    for (Operation operation : contract("v1").operations()) {
      for (JsonNode response : operation.json().get("responses")) {
        response.path("x-problems").forEach(slug -> documented.add(slug.asString()));
      }
    }
    assertThat(documented)
        .containsAll(Arrays.stream(ErrorCode.values()).map(ErrorCode::slug).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void limitsAreSettingsWithTheirDefaults(String protocol) throws Exception {
    String settings = Files.readString(Path.of("src/docs/settings.md"));
    String description = contract(protocol).document().at("/info/description").asString();
    Matcher named = SETTING.matcher(description);
    int count = 0;
    for (; named.find(); count++) {
      assertThat(settings).contains("| `" + named.group(1));
      String row = settings.substring(settings.indexOf("| `" + named.group(1)));
      String value = named.group(2);
      if (value != null) {
        assertThat(row.lines().findFirst().orElseThrow()).contains("| `" + value + "` |");
      }
    }
    assertThat(count).isGreaterThan(5);
  }

  /** The routes of all mappings, whichever way they were made. */
  private Set<String> routes() {
    Set<String> routes = new TreeSet<>();
    for (HandlerMapping mapping : context.getBeansOfType(HandlerMapping.class).values()) {
      if (mapping instanceof RequestMappingInfoHandlerMapping methods) {
        for (RequestMappingInfo info : methods.getHandlerMethods().keySet()) {
          Set<RequestMethod> answered = info.getMethodsCondition().getMethods();
          for (String path : info.getPatternValues()) {
            answered.forEach(method -> routes.add(method + " " + path));
            if (answered.isEmpty()) {
              routes.add("ANY " + path);
            }
          }
        }
      } else if (mapping instanceof AbstractUrlHandlerMapping urls) {
        urls.getHandlerMap().keySet().forEach(path -> routes.add("ANY " + path));
      }
    }
    return routes;
  }

  @Test
  void everyRouteIsInADocument() throws Exception {
    Set<String> documented = new TreeSet<>();
    for (String protocol : List.of("v1", "v2")) {
      contract(protocol).operations().forEach(operation -> documented.add("" + operation));
    }
    Set<String> served = new TreeSet<>();
    for (String route : routes()) {
      String[] parts = route.split(" ");
      String path = parts[1].length() > 1 ? parts[1].replaceAll("/$", "") : parts[1];
      if (OTHER.matcher(path).matches()) {
        continue;
      }
      if (parts[0].equals("ANY")) {
        // A handler of whatever method: it is of the operations of its path.
        assertThat(documented).anyMatch(each -> each.endsWith(" " + path));
      } else {
        served.add(parts[0] + " " + path);
      }
    }
    assertThat(served).isEqualTo(documented);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void everyExampleRuns(String protocol) throws Exception {
    ApiContract contract = contract(protocol);
    for (String id : List.of("chat-7", "chat-7b", "chat-8")) {
      send("DELETE", "/v1/sequences/" + id, "", "", null);
    }
    int run = 0;
    // Sequences are opened before they are stepped, and that before chunks follow.
    for (Operation operation :
        contract.operations().stream()
            .filter(each -> !each.path().contains("unload"))
            .filter(each -> !each.path().matches(".*/(versions|labels)/[^/]+/sequences"))
            .toList()) {
      JsonNode content = operation.json().at("/requestBody/content/application~1json");
      for (JsonNode example : content.path("examples")) {
        byte[] body = example.get("value").toString().getBytes(StandardCharsets.UTF_8);
        assertThat(contract.errors(content.get("schema"), example.get("value")))
            .as("%s", operation)
            .isEmpty();
        assertAnswers(contract, operation, "application/json", body);
        run++;
      }
      if (operation.method().equals("GET")) {
        assertAnswers(contract, operation, "", null);
        run++;
      }
    }
    assertThat(run).isGreaterThanOrEqualTo(10);
  }

  @Test
  void modelsComeAndGoAsDocumented() throws Exception {
    ApiContract contract = contract("v1");
    byte[] file = ModelBytes.pytorch(3, 4, 1);
    byte[] form = form(file, "{\"forget_bias\": 0.0}");
    for (String id :
        List.of(
            "inspectModel",
            "putModelVersion",
            "deleteModelVersion",
            "uploadModelVersion",
            "postModelVersion",
            "deleteModel")) {
      Operation operation =
          contract.operations().stream()
              .filter(each -> each.json().get("operationId").asString().equals(id))
              .findFirst()
              .orElseThrow();
      Operation own =
          new Operation(
              operation.method(), operation.path().replace("{model}", "own"), operation.json());
      JsonNode content = operation.json().at("/requestBody/content");
      String type = content.isEmpty() ? "" : content.propertyNames().iterator().next();
      if (type.startsWith("multipart")) {
        assertAnswers(contract, own, type + "; boundary=" + BOUNDARY, form);
      } else {
        assertAnswers(contract, own, type, type.isEmpty() ? null : file);
      }
    }
  }

  private static byte[] form(byte[] file, String config) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String head = "--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n";
    body.writeBytes(
        head.formatted(BOUNDARY, "file", "; filename=\"m\"").getBytes(StandardCharsets.UTF_8));
    body.writeBytes(file);
    body.writeBytes(
        ("\r\n" + head.formatted(BOUNDARY, "config", "") + config + "\r\n--" + BOUNDARY + "--\r\n")
            .getBytes(StandardCharsets.UTF_8));
    return body.toByteArray();
  }

  @Test
  void configurationOfAModelShowsEveryField() throws Exception {
    JsonNode schema = contract("v1").schema("ModelFileConfig");
    assertThat(schema.get("additionalProperties").asBoolean()).isFalse();
    assertThat(schema.has("required")).isFalse();
    String known = refusal("{\"unheard_of\": 1}");
    assertThat(schema.get("properties").propertyNames())
        .containsExactlyInAnyOrder(list(known.substring(known.indexOf('['))));
    for (String field : List.of("gate_order", "bidirectional_merge")) {
      String choices = refusal("{\"%s\": \"unheard of\"}".formatted(field));
      assertThat(schema.at("/properties/" + field + "/enum").valueStream())
          .extracting(value -> value.asString().toLowerCase(Locale.ROOT))
          .containsExactly(list(choices.substring(choices.indexOf('['))));
    }
  }

  /** Why a model of this configuration is refused. */
  private String refusal(String config) throws Exception {
    HttpResponse<byte[]> response =
        send(
            "POST",
            "/v1/models:inspect",
            "",
            "multipart/form-data; boundary=" + BOUNDARY,
            form(ModelBytes.pytorch(3, 4, 1), config));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    return JSON.readTree(response.body()).at("/errors/0/detail").asString();
  }

  private static String[] list(String text) {
    return text.substring(1, text.length() - 1).split(", ");
  }

  /** A success of a documented status, media type and schema. */
  private void assertAnswers(
      ApiContract contract, Operation operation, String mediaType, byte @Nullable [] body)
      throws Exception {
    String path = operation.path();
    for (JsonNode parameter : operation.parameters("path")) {
      path =
          path.replace(
              "{" + parameter.get("name").asString() + "}", parameter.get("example").asString());
    }
    HttpResponse<byte[]> response = send(operation.method(), path, "", mediaType, body);
    String as = "%s %s: %d %s".formatted(operation, path, response.statusCode(), text(response));
    assertThat(response.statusCode()).as(as).isBetween(200, 299);
    JsonNode documented = operation.response(response.statusCode());
    assertThat(documented.isMissingNode()).as(as).isFalse();
    documented
        .get("headers")
        .propertyNames()
        .forEach(
            name -> {
              if (!List.of(
                      "Link",
                      "X-Model-Version",
                      "Inference-Header-Content-Length",
                      "Content-Encoding")
                  .contains(name)) {
                assertThat(response.headers().firstValue(name)).as(as).isPresent();
              }
            });
    if (response.statusCode() != 204) {
      assertThat(documented.path("content").propertyNames()).as(as).contains(type(response));
    }
    if (type(response).equals("application/json")) {
      JsonNode schema = documented.at("/content/application~1json/schema");
      assertThat(contract.errors(schema, JSON.readTree(response.body()))).as(as).isEmpty();
    }
  }

  /** Nothing of the page is of another server or written into it, and its policy says so. */
  @Test
  void pageShowsBothDocuments() throws Exception {
    HttpResponse<byte[]> page = send("GET", "/docs", "text/html", "", null);
    assertThat(type(page)).isEqualTo("text/html");
    assertThat(text(page)).doesNotContain("://", "<style", "style=").doesNotContain("<script>");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self';")
        .contains("connect-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("http", "*", "unsafe-eval");
    String script = text(send("GET", "/docs/docs.js", "", "", null));
    assertThat(script).doesNotContain("://");
    Matcher files =
        Pattern.compile("(?:src|href|url)[=:] ?\"([^\"]+)\"").matcher(text(page) + script);
    Set<String> found = new TreeSet<>();
    while (files.find()) {
      HttpResponse<byte[]> file = send("GET", "/" + files.group(1), "", "", null);
      assertThat(file.statusCode()).as(files.group(1)).isEqualTo(200);
      found.add(files.group(1));
    }
    assertThat(found).hasSize(7).contains("v1/openapi", "v2/openapi", "docs/swagger-ui-bundle.js");
  }
}
