package dev.keepgate.api.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What an OpenAPI document promises. */
final class ApiContract {

  private final JsonNode document;
  private final Map<String, Schema> schemas = new HashMap<>();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(Dialects.getOpenApi30());
  private final JsonNode closed;

  /**
   * @param document with references to parameters, responses and the like, which are followed here
   */
  ApiContract(JsonNode document) {
    this.document = document.deepCopy();
    dereference(this.document.get("paths"));
    this.closed = document.deepCopy().get("components");
    // An answer has no field that the document does not know.
    for (JsonNode schema : closed.get("schemas")) {
      if (schema.has("properties") && !schema.has("additionalProperties")) {
        ((ObjectNode) schema).put("additionalProperties", false);
      }
    }
  }

  /** Puts what is meant in the place of all references but those of schemas. */
  private void dereference(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (String name : List.copyOf(object.propertyNames())) {
        object.set(name, meant(object.get(name)));
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, meant(array.get(i)));
      }
    }
    node.forEach(this::dereference);
  }

  private JsonNode meant(JsonNode node) {
    String reference = node.path("$ref").asString("");
    return reference.isEmpty() || reference.startsWith("#/components/schemas/")
        ? node
        : document.at(reference.substring(1)).deepCopy();
  }

  /** One method of one path. */
  record Operation(String method, String path, JsonNode json) {

    /** The schema of a JSON body; missing where there is none. */
    JsonNode bodySchema() {
      return json.at("/requestBody/content/application~1json/schema");
    }

    List<JsonNode> parameters(String in) {
      List<JsonNode> parameters = new ArrayList<>();
      for (JsonNode parameter : json.path("parameters")) {
        if (parameter.get("in").asString().equals(in)) {
          parameters.add(parameter);
        }
      }
      return parameters;
    }

    /** What is said of a status; missing where nothing is. */
    JsonNode response(int status) {
      return json.get("responses").path(Integer.toString(status));
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        if (method.getKey().equals("parameters")) {
          continue;
        }
        ObjectNode operation = (ObjectNode) method.getValue().deepCopy();
        ArrayNode parameters = operation.withArray("parameters");
        path.getValue().path("parameters").forEach(parameters::add);
        operations.add(
            new Operation(method.getKey().toUpperCase(Locale.ROOT), path.getKey(), operation));
      }
    }
    return operations;
  }

  /** The schema that a reference means, or the schema itself. */
  JsonNode resolve(JsonNode schema) {
    JsonNode reference = schema.get("$ref");
    return reference == null ? schema : document.at(reference.asString().substring(1));
  }

  /** The document with what is referred to in its place, but for schemas. */
  JsonNode document() {
    return document;
  }

  /** The schema of a name. */
  JsonNode schema(String name) {
    return document.at("/components/schemas/" + name);
  }

  /** What keeps a value from being of a schema of the document. */
  List<Error> errors(JsonNode schema, JsonNode value) {
    return schemas.computeIfAbsent(schema.toString(), key -> compile(schema)).validate(value);
  }

  private Schema compile(JsonNode schema) {
    ObjectNode whole = (ObjectNode) schema.deepCopy();
    whole.set("components", closed);
    return registry.getSchema(whole);
  }

  /** An answer of a documented status is of a documented media type, and of its schema. */
  void assertDocumented(Operation operation, RawHttp.Response response) {
    JsonNode documented = operation.response(response.status());
    assertThat(documented).as("%s answers %d", operation, response.status()).isNotEmpty();
    if (!documented.has("content")) {
      assertThat(response.body()).isEmpty();
      return;
    }
    JsonNode content = documented.get("content").get(response.mediaType());
    assertThat(content)
        .as("%s answers %d as %s", operation, response.status(), response.mediaType())
        .isNotNull();
    if (response.mediaType().matches("application/(.+[+])?json")) {
      JsonNode body = Json.strict(response.body());
      assertThat(body.isMissingNode()).as("the answer is no JSON").isFalse();
      assertThat(errors(content.get("schema"), body)).isEmpty();
    }
  }
}
