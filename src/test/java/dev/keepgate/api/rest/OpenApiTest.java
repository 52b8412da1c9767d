package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import io.swagger.v3.core.util.Json31;
import io.swagger.v3.oas.models.OpenAPI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.test.context.TestPropertySource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;

/**
 * The OpenAPI documents say what there is, and what they show can be run. On a server of its own:
 * other tests take away the models that the examples name.
 */
@TestPropertySource(properties = "spring.application.name=openapi")
class OpenApiTest extends ServerTest {

  private static final Pattern PLACE = Pattern.compile("\\{([^}]+)}");

  @Autowired
  @Qualifier("requestMappingHandlerMapping")
  private RequestMappingHandlerMapping mappings;

  /** One operation of the document. */
  private record Operation(String method, String path, JsonNode json) {}

  private JsonNode document(String protocol) throws Exception {
    HttpResponse<byte[]> response = send(request("GET", "/" + protocol + "/openapi", null));
    assertThat(response.statusCode()).isEqualTo(200);
    return json(response);
  }

  private static List<Operation> operations(JsonNode document) {
    List<Operation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        operations.add(
            new Operation(
                method.getKey().toUpperCase(Locale.ROOT), path.getKey(), method.getValue()));
      }
    }
    return operations;
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void documentIsOpenApi31(String protocol) throws Exception {
    JsonNode document = document(protocol);
    assertThat(document.get("openapi").asString()).startsWith("3.1");
    assertThat(document.get("info").get("title").asString()).startsWith("Keepgate");
    OpenAPI parsed = Json31.mapper().readValue(document.toString(), OpenAPI.class);
    assertThat(parsed.getPaths()).hasSize(document.get("paths").size());
    Set<String> ids = new HashSet<>();
    for (Operation operation : operations(document)) {
      JsonNode json = operation.json();
      assertThat(ids.add(json.get("operationId").asString())).as("%s", json).isTrue();
      assertThat(json.get("summary").asString()).isNotBlank();
      assertThat(json.get("responses").size()).isGreaterThan(1);
      for (JsonNode response : json.get("responses")) {
        assertThat(response.get("description").asString()).isNotBlank();
      }
      Set<String> declared = new TreeSet<>();
      for (JsonNode parameter : json.path("parameters")) {
        if (parameter.get("in").asString().equals("path")) {
          assertThat(parameter.get("required").asBoolean()).isTrue();
          declared.add(parameter.get("name").asString());
        }
      }
      assertThat(declared).isEqualTo(places(operation.path()));
    }
    assertReferencesResolve(document, document);
  }

  @ParameterizedTest
  @CsvSource({"v1, Problem", "v2, Error"})
  void everyErrorHasTheProtocolsForm(String protocol, String schema) throws Exception {
    for (Operation operation : operations(document(protocol))) {
      for (Map.Entry<String, JsonNode> response : operation.json().get("responses").properties()) {
        boolean isReadiness = operation.path().equals("/v2/health/ready");
        if (response.getKey().matches("[45]..|default")
            && !(isReadiness && response.getKey().equals("503"))) {
          assertThat(response.getValue().get("content").valueStream())
              .as("%s %s: %s", operation.method(), operation.path(), response.getKey())
              .extracting(content -> content.at("/schema/$ref").asString())
              .containsExactly("#/components/schemas/" + schema);
        }
      }
    }
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
  @ValueSource(strings = {"v1", "v2"})
  void everyRouteIsInTheDocument(String protocol) throws Exception {
    Set<String> documented = new TreeSet<>();
    operations(document(protocol))
        .forEach(each -> documented.add(each.method() + " " + each.path()));
    Set<String> served = new TreeSet<>();
    mappings
        .getHandlerMethods()
        .keySet()
        .forEach(
            mapping -> {
              for (String path : mapping.getPatternValues()) {
                if (path.startsWith("/" + protocol) && !path.endsWith("/")) {
                  for (RequestMethod method : mapping.getMethodsCondition().getMethods()) {
                    served.add(method + " " + path);
                  }
                }
              }
            });
    assertThat(served).isNotEmpty().isEqualTo(documented);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void everyExampleRuns(String protocol) throws Exception {
    send(request("DELETE", "/v1/sequences/example", null));
    HttpResponse<byte[]> opened =
        postJson("/v1/models/notebook-cell/sequences", "{\"id\": \"example\"}");
    assertThat(opened.statusCode()).as(text(opened)).isEqualTo(201);
    int run = 0;
    for (Operation operation : operations(document(protocol))) {
      JsonNode body = operation.json().path("requestBody").path("content");
      for (JsonNode example : body.path("application/json").path("examples")) {
        assertAnswers(operation, "application/json", text(example.get("value")));
        run++;
      }
      if (operation.method().equals("GET")) {
        assertAnswers(operation, "", new byte[0]);
        run++;
      }
    }
    assertThat(run).isGreaterThanOrEqualTo(7);
  }

  private static byte[] text(JsonNode value) {
    return value.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void modelsComeAndGoAsDocumented() throws Exception {
    JsonNode document = document("v1");
    byte[] file = ModelBytes.pytorch(3, 4, 1);
    for (String route :
        new String[] {
          "POST /v1/models:inspect",
          "PUT /v1/models/{model}/versions/{version}",
          "POST /v1/models/{model}/versions",
          "DELETE /v1/models/{model}/versions/{version}",
          "DELETE /v1/models/{model}"
        }) {
      Operation operation =
          operations(document).stream()
              .filter(each -> route.equals(each.method() + " " + each.path()))
              .findFirst()
              .orElseThrow();
      for (JsonNode parameter : operation.json().path("parameters")) {
        assertThat(parameter.get("name").asString()).isIn("model", "version", "format");
      }
      Operation own =
          new Operation(
              operation.method(), route.split(" ")[1].replace("{model}", "own"), operation.json());
      assertAnswers(
          own, "application/octet-stream", route.startsWith("DELETE") ? new byte[0] : file);
    }
  }

  @Test
  void formOfAModelShowsEveryFieldOfItsConfig() throws Exception {
    JsonNode document = document("v1");
    String reference =
        document.at("/components/schemas/ModelForm/properties/config/$ref").asString();
    JsonNode schema = document.at(reference.substring(1));
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
        form(
            "POST",
            "/v1/models:inspect",
            List.of(
                new FormPart("file", "model", ModelBytes.pytorch(3, 4, 1)),
                new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    return json(response).at("/errors/0/detail").asString();
  }

  private static String[] list(String text) {
    return text.substring(1, text.length() - 1).split(", ");
  }

  /** The status and the media type that the operation says it answers with. */
  private void assertAnswers(Operation operation, String mediaType, byte[] body) throws Exception {
    String path = operation.path().replace("{id}", "example");
    for (JsonNode parameter : operation.json().path("parameters")) {
      if (parameter.has("example")) {
        path =
            path.replace(
                "{" + parameter.get("name").asString() + "}", parameter.get("example").asString());
      }
    }
    HttpRequest.Builder request = request(operation.method(), path, body);
    if (!mediaType.isEmpty()) {
      request.header("Content-Type", mediaType);
    }
    HttpResponse<byte[]> response = send(request);
    JsonNode documented = operation.json().get("responses").get("" + response.statusCode());
    assertThat(documented)
        .as("%s %s: %d %s", operation.method(), path, response.statusCode(), text(response))
        .isNotNull();
    if (response.statusCode() != 204) {
      assertThat(documented.path("content").propertyNames())
          .as("%s %s: %d", operation.method(), path, response.statusCode())
          .contains(response.headers().firstValue("Content-Type").orElse("none"));
    }
  }
}
