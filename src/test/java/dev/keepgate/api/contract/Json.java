package dev.keepgate.api.contract;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON as the interfaces take it. */
final class Json {

  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /** The document; missing where the bytes are none, or more or less than one. */
  static JsonNode strict(byte[] bytes) {
    try {
      return STRICT.readTree(bytes);
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  /** The document without the fields that are null: these count as left out. */
  static JsonNode withoutNulls(JsonNode json) {
    JsonNode copy = json.deepCopy();
    dropNulls(copy);
    return copy;
  }

  /**
   * The document as the interface describes it: what is null counts as left out, and a lone number
   * stands for a tensor of no dimensions.
   */
  static JsonNode asDocumented(JsonNode json) {
    JsonNode copy = withoutNulls(json);
    if (copy instanceof ObjectNode object) {
      for (String field : List.of("x", "lengths")) {
        JsonNode value = object.get(field);
        if (value != null && value.isNumber()) {
          object.set(field, object.arrayNode().add(value));
        }
      }
    }
    return copy;
  }

  private static void dropNulls(JsonNode json) {
    if (json instanceof ObjectNode object) {
      object.removeIf(JsonNode::isNull);
    }
    if (json instanceof ObjectNode || json instanceof ArrayNode) {
      json.forEach(Json::dropNulls);
    }
  }
}
