package dev.keepgate.importer;

import dev.keepgate.model.ModelSettings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config} says of a model's readings; null where it was not given.
 *
 * @param features names of what a request brings
 * @param targets names of what it is answered; empty for no readings
 * @param scalerColumns of the scaler, those that the model takes, from 0
 * @param targetColumns of the scaler, those that the model's output is of, from 0
 * @param units by the names of features and targets
 * @param labels names of classes
 * @param forecasting how the model goes on by its own answers
 * @param description of the model, in words
 * @param tags of the model
 */
public record SettingsConfig(
    @Nullable List<String> features,
    @Nullable List<String> targets,
    @Nullable List<Integer> scalerColumns,
    @Nullable List<Integer> targetColumns,
    Map<String, String> units,
    @Nullable List<String> labels,
    ModelSettings.Forecasting forecasting,
    @Nullable String description,
    List<String> tags) {

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
          "description",
          "tags");

  /** Nothing given. */
  static final SettingsConfig NONE =
      new SettingsConfig(
          null, null, null, null, Map.of(), null, ModelSettings.Forecasting.NONE, null, List.of());
}
