package dev.keepgate.importer;

import dev.keepgate.model.ModelSettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code config} says of what a model's numbers mean; null where it was not given.
 *
 * @param readings what a request brings and what it is answered
 * @param labels names of classes
 * @param forecasting how the model goes on by its own answers
 * @param distribution how its output is read
 * @param detection how the model tells what is not usual
 * @param about the description and tags
 */
public record SettingsConfig(
    Readings readings,
    @Nullable List<String> labels,
    ModelSettings.Forecasting forecasting,
    @Nullable DistributionConfig distribution,
    ModelSettings.Detection detection,
    ModelSettings.About about) {

  /** The fields of the JSON object. */
  static final Set<String> FIELDS =
      Set.of(
          "features",
          "targets",
          "scaler_columns",
          "target_columns",
          "units",
          "labels",
          "window",
          "feedback",
          "distribution",
          "threshold",
          "detection",
          "description",
          "tags");

  /** Nothing given. */
  static final SettingsConfig NONE =
      new SettingsConfig(
          new Readings(null, null, null, null, Map.of()),
          null,
          ModelSettings.Forecasting.NONE,
          null,
          ModelSettings.Detection.NONE,
          ModelSettings.About.NONE);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * A configuration that says another way to tell what is not usual.
   *
   * @param config that said the rest, as it was read before; null where there was none
   * @param detection all of it
   */
  public static byte[] with(byte @Nullable [] config, ModelSettings.Detection detection) {
    ObjectNode json = config == null ? JSON.createObjectNode() : (ObjectNode) JSON.readTree(config);
    json.put("threshold", detection.threshold());
    ObjectNode how = json.putObject("detection");
    how.put("metric", name(detection.metric()));
    if (detection.kind() != null) {
      how.put("kind", name(detection.kind()));
    }
    return JSON.writeValueAsBytes(json);
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /**
   * What a request brings and what it is answered.
   *
   * @param features names of what a request brings
   * @param targets names of what it is answered; empty for no readings
   * @param scalerColumns of the scaler, those that the model takes, from 0
   * @param targetColumns of the scaler, those that the model's output is of, from 0
   * @param units by the names of features and targets
   */
  public record Readings(
      @Nullable List<String> features,
      @Nullable List<String> targets,
      @Nullable List<Integer> scalerColumns,
      @Nullable List<Integer> targetColumns,
      Map<String, String> units) {}
}
