package dev.keepgate.importer;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.Link;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code config.distribution}: a name, or an object of kind, parameters, activations. */
final class DistributionConfigReader {

  private static final String FIELD = "/config/distribution";
  private static final Set<String> FIELDS =
      Set.of("kind", "parameters", "activations", "quantiles");
  private static final int MAX_OUTPUTS = 65_536;

  private DistributionConfigReader() {}

  static DistributionConfig read(JsonNode json) throws ImportException {
    if (json.isString()) {
      return new DistributionConfig(kind(FIELD, json.stringValue()), null, Map.of());
    }
    if (!json.isObject()) {
      throw ImportException.config(
          FIELD, "expected a name such as \"gaussian\", or an object with kind");
    }
    for (String field : json.propertyNames()) {
      if (!FIELDS.contains(field)) {
        throw ImportException.config(
            FIELD + "/" + field,
            "is unknown; known are kind, parameters, activations, and quantiles");
      }
    }
    Distribution.Kind kind = kind(FIELD + "/kind", json.path("kind").asString(""));
    JsonNode parameters = json.path("parameters");
    if (json.has("quantiles") && (json.has("parameters") || kind != Distribution.Kind.QUANTILES)) {
      throw ImportException.config(
          FIELD + "/quantiles", "is for the kind quantiles, in place of parameters");
    }
    return new DistributionConfig(
        kind,
        json.has("quantiles") ? levels(json.path("quantiles")) : parameters(parameters),
        links(json.path("activations")));
  }

  private static Distribution.Kind kind(String field, String word) throws ImportException {
    Distribution.Kind kind = Distribution.Kind.of(word);
    if (kind == null) {
      throw ImportException.config(
          field,
          "'%s' is not one of %s"
              .formatted(
                  word,
                  Arrays.stream(Distribution.Kind.values()).map(Distribution.Kind::word).toList()));
    }
    return kind;
  }

  /** Levels in the order of the outputs, of one target. */
  private static Map<String, List<Integer>> levels(JsonNode json) throws ImportException {
    Map<String, List<Integer>> levels = new LinkedHashMap<>();
    for (JsonNode level : json) {
      if (!level.isNumber() || levels.put(level.asString(), List.of(levels.size())) != null) {
        throw ImportException.config(
            FIELD + "/quantiles/" + levels.size(), "expected a level from 0 to 1, once");
      }
    }
    if (!json.isArray() || levels.isEmpty()) {
      throw ImportException.config(FIELD + "/quantiles", "expected levels such as [0.1, 0.5, 0.9]");
    }
    return levels;
  }

  private static @Nullable Map<String, List<Integer>> parameters(JsonNode json)
      throws ImportException {
    if (json.isMissingNode() || json.isNull()) {
      return null;
    }
    String field = FIELD + "/parameters";
    if (!json.isObject() || json.isEmpty()) {
      throw ImportException.config(
          field, "expected an object such as {\"loc\": [0], \"scale\": [1]}");
    }
    Map<String, List<Integer>> parameters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> parameter : json.properties()) {
      List<Integer> outputs = new ArrayList<>();
      for (JsonNode output : parameter.getValue()) {
        if (!output.isInt() || output.intValue() < 0 || outputs.size() == MAX_OUTPUTS) {
          throw ImportException.config(
              "%s/%s/%d".formatted(field, parameter.getKey(), outputs.size()),
              "expected a whole number from 0");
        }
        outputs.add(output.intValue());
      }
      if (!parameter.getValue().isArray() || outputs.isEmpty()) {
        throw ImportException.config(
            field + "/" + parameter.getKey(), "expected numbers of the output, such as [0]");
      }
      parameters.put(parameter.getKey(), outputs);
    }
    return parameters;
  }

  private static Map<String, Link> links(JsonNode json) throws ImportException {
    Map<String, Link> links = new LinkedHashMap<>();
    if (json.isMissingNode() || json.isNull()) {
      return links;
    }
    String field = FIELD + "/activations";
    if (!json.isObject()) {
      throw ImportException.config(field, "expected an object such as {\"scale\": \"softplus\"}");
    }
    for (Map.Entry<String, JsonNode> activation : json.properties()) {
      Link link = Link.parse(activation.getValue().asString(""));
      if (link == null) {
        throw ImportException.config(
            field + "/" + activation.getKey(),
            "expected one of %s, or a number more, such as \"2+softplus\""
                .formatted(
                    Arrays.stream(Link.Function.values()).map(f -> new Link(f, 0)).toList()));
      }
      links.put(activation.getKey(), link);
    }
    return links;
  }
}
