package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.Merge;
import dev.keepgate.model.ModelSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the JSON that comes beside a file. */
final class ImportConfigReader {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private static final int MAX_ELEMENTS = 256;
  private static final int MAX_LENGTH = 1024;

  /** What is only held against the file. */
  private static final Set<String> EXPECTED =
      Set.of(
          "input_size",
          "hidden_size",
          "num_layers",
          "bidirectional",
          "proj_size",
          "bias",
          "use_peepholes",
          "vocab",
          "out");

  private static final Set<String> CHANGING_NUMBERS =
      Set.of("forget_bias", "cell_clip", "proj_clip");

  private final JsonNode json;
  private final String pointer;

  /**
   * @param json an object
   * @param pointer to it, for errors
   */
  private ImportConfigReader(JsonNode json, String pointer) {
    this.json = json;
    this.pointer = pointer;
  }

  static ImportConfig read(byte[] bytes) throws ImportException {
    JsonNode json;
    try {
      json = JSON.readTree(bytes);
    } catch (JacksonException e) {
      throw ImportException.config("/config", "is not JSON: " + e.getOriginalMessage());
    }
    if (!json.isObject()) {
      throw ImportException.config("/config", "expected a JSON object");
    }
    Set<String> known = new TreeSet<>(ImportConfig.FIELDS);
    known.addAll(SettingsConfig.FIELDS);
    ImportConfigReader fields = new ImportConfigReader(json, "/config");
    fields.requireOnly(known);
    return fields.read();
  }

  private void requireOnly(Set<String> known) throws ImportException {
    for (String field : json.propertyNames()) {
      if (!known.contains(field)) {
        throw ImportException.config(at(field), "is unknown; known are " + known);
      }
    }
  }

  private String at(String field) {
    return pointer + "/" + field;
  }

  static @Nullable String firstOf(byte[] bytes) {
    try {
      for (Map.Entry<String, JsonNode> field : JSON.readTree(bytes).properties()) {
        boolean isSize = EXPECTED.contains(field.getKey()) || field.getValue().isNumber();
        if (ImportConfig.FIELDS.contains(field.getKey())
            && !field.getValue().isNull()
            && !(isSize && !CHANGING_NUMBERS.contains(field.getKey()))) {
          return field.getKey();
        }
      }
      return null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private ImportConfig read() throws ImportException {
    JsonNode embedding = json.path("embedding");
    return new ImportConfig(
        number("forget_bias", false),
        number("cell_clip", true),
        number("proj_clip", true),
        activation("activation"),
        activation("recurrent_activation"),
        choice("gate_order", GateOrder.values()),
        string("prefix"),
        choice("bidirectional_merge", Merge.values()),
        flag("return_sequences"),
        activation("head_activation"),
        embedding.isNumber() ? null : string("embedding"),
        string("head"),
        strings("forward"),
        Objects.requireNonNullElse(strings("ignore"), List.of()),
        settings(),
        new ImportConfig.Expectations(
            size("input_size"),
            size("hidden_size"),
            size("num_layers"),
            flag("bidirectional"),
            json.path("proj_size").asInt(1) == 0 ? null : size("proj_size"),
            flag("bias"),
            flag("use_peepholes"),
            size("vocab"),
            embedding.isNumber() ? size("embedding") : null,
            size("out")));
  }

  private SettingsConfig settings() throws ImportException {
    return new SettingsConfig(
        new SettingsConfig.Readings(
            strings("features"),
            strings("targets"),
            indices("scaler_columns"),
            indices("target_columns"),
            units()),
        strings("labels"),
        new ModelSettings.Forecasting(
            Objects.requireNonNullElse(size("window"), 0), indices("feedback")),
        distribution(),
        detection(),
        new ModelSettings.About(
            string("description"), Objects.requireNonNullElse(strings("tags"), List.of())));
  }

  private @Nullable DistributionConfig distribution() throws ImportException {
    JsonNode value = given("distribution");
    return value == null ? null : DistributionConfigReader.read(value);
  }

  private ModelSettings.Detection detection() throws ImportException {
    JsonNode value = given("detection");
    JsonNode threshold = given("threshold");
    if (threshold != null
        && !(threshold.isNumber()
            && Double.isFinite(threshold.doubleValue())
            && threshold.doubleValue() >= 0)) {
      throw ImportException.config(at("threshold"), "expected a number from 0 on");
    }
    if (value != null && !value.isObject()) {
      throw ImportException.config(at("detection"), "expected an object of kind and metric");
    }
    ImportConfigReader fields =
        new ImportConfigReader(value == null ? JSON.createObjectNode() : value, at("detection"));
    fields.requireOnly(new TreeSet<>(List.of("kind", "metric")));
    return new ModelSettings.Detection(
        fields.choice("kind", ModelSettings.DetectionKind.values()),
        Objects.requireNonNullElse(
            fields.choice("metric", ModelSettings.Metric.values()), ModelSettings.Metric.MAE),
        threshold == null ? null : threshold.doubleValue());
  }

  private @Nullable List<Integer> indices(String field) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    List<Integer> indices = new ArrayList<>();
    for (JsonNode element : value) {
      if (!element.isInt() || element.intValue() < 0) {
        throw ImportException.config(
            at(field) + "/" + indices.size(), "expected a whole number from 0");
      }
      indices.add(element.intValue());
    }
    if (!value.isArray() || indices.isEmpty()) {
      throw ImportException.config(at(field), "expected an array of whole numbers from 0");
    }
    return indices;
  }

  private Map<String, String> units() throws ImportException {
    JsonNode value = given("units");
    Map<String, String> units = new LinkedHashMap<>();
    if (value == null) {
      return units;
    }
    if (!value.isObject() || value.size() > MAX_ELEMENTS) {
      throw ImportException.config(
          "/config/units", "expected an object of a column's name and its unit each");
    }
    for (Map.Entry<String, JsonNode> unit : value.properties()) {
      if (!unit.getValue().isString() || unit.getValue().stringValue().length() > MAX_LENGTH) {
        throw ImportException.config("/config/units/" + unit.getKey(), "expected a string");
      }
      units.put(unit.getKey(), unit.getValue().stringValue());
    }
    return units;
  }

  private @Nullable JsonNode given(String field) {
    JsonNode value = json.get(field);
    return value == null || value.isNull() ? null : value;
  }

  private @Nullable Float number(String field, boolean positive) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    float number = value.isNumber() ? (float) value.asDouble(Double.NaN) : Float.NaN;
    if (!Float.isFinite(number) || (positive && number <= 0)) {
      throw ImportException.config(
          at(field), "expected a " + (positive ? "positive " : "") + "number");
    }
    return number;
  }

  private @Nullable Integer size(String field) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    if (!value.isInt() || value.intValue() < 1) {
      throw ImportException.config(at(field), "expected a whole number from 1");
    }
    return value.intValue();
  }

  private @Nullable Boolean flag(String field) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    if (!value.isBoolean()) {
      throw ImportException.config(at(field), "expected true or false");
    }
    return value.booleanValue();
  }

  private @Nullable String string(String field) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    if (!value.isString()) {
      throw ImportException.config(at(field), "expected a string");
    }
    return value.stringValue();
  }

  private @Nullable List<String> strings(String field) throws ImportException {
    JsonNode value = given(field);
    if (value == null) {
      return null;
    }
    if (!value.isArray() || value.size() > MAX_ELEMENTS) {
      throw ImportException.config(
          at(field), "expected an array of at most %d strings".formatted(MAX_ELEMENTS));
    }
    List<String> strings = new ArrayList<>();
    for (JsonNode element : value) {
      if (!element.isString() || element.stringValue().length() > MAX_LENGTH) {
        throw ImportException.config(
            at(field) + "/" + strings.size(),
            "expected a string of at most %d characters".formatted(MAX_LENGTH));
      }
      strings.add(element.stringValue());
    }
    return strings;
  }

  private @Nullable Activation activation(String field) throws ImportException {
    String name = string(field);
    if (name == null) {
      return null;
    }
    Activation activation = ActivationNames.find(name.toLowerCase(Locale.ROOT));
    if (activation == null || (activation.kind().isOfRow() && !field.equals("head_activation"))) {
      throw ImportException.config(
          at(field),
          "'%s' is no activation here; known are %s".formatted(name, ActivationNames.all()));
    }
    return activation;
  }

  private <E extends Enum<E>> @Nullable E choice(String field, E[] values) throws ImportException {
    String name = string(field);
    if (name == null) {
      return null;
    }
    for (E value : values) {
      if (value.name().equalsIgnoreCase(name)) {
        return value;
      }
    }
    throw ImportException.config(
        at(field),
        "'%s' is not one of %s"
            .formatted(
                name, Arrays.stream(values).map(v -> v.name().toLowerCase(Locale.ROOT)).toList()));
  }
}
