package dev.keepgate.api.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.keepgate.model.Distribution;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Detection;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Vocabulary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a model's numbers mean, as clients see it; what is not said is null. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record SettingsView(
    @Nullable String description,
    @Nullable List<String> tags,
    @Nullable List<String> features,
    @Nullable List<String> targets,
    @Nullable Map<String, String> units,
    @Nullable ScalerView scaler,
    @JsonProperty("target_scaler") @Nullable ScalerView targetScaler,
    @Nullable List<String> labels,
    @Nullable Integer window,
    @Nullable List<Integer> feedback,
    @Nullable DetectionView detection,
    @Nullable VocabularyView vocabulary,
    @Nullable DistributionView distribution) {

  /**
   * A vocabulary without its tokens.
   *
   * @param size how many tokens it has
   * @param split what of a text is a token: characters or words
   * @param unknown the id of what is not in it
   * @param padding the id of no token
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record VocabularyView(
      int size,
      String split,
      @JsonProperty("lower_case") boolean lowerCase,
      @Nullable Integer unknown,
      @Nullable Integer padding) {

    static VocabularyView of(Vocabulary vocabulary) {
      return new VocabularyView(
          vocabulary.size(),
          vocabulary.split().byCharacter() ? "characters" : "words",
          vocabulary.split().lowerCase(),
          vocabulary.special().unknown(),
          vocabulary.special().padding());
    }
  }

  /**
   * How an output is read.
   *
   * @param parameters of each, the numbers of the output that it is made of
   * @param activations what makes them of those numbers
   */
  record DistributionView(
      String kind, Map<String, List<Integer>> parameters, Map<String, String> activations) {

    static DistributionView of(Distribution distribution) {
      Map<String, List<Integer>> parameters = new LinkedHashMap<>();
      Map<String, String> activations = new LinkedHashMap<>();
      for (Distribution.Parameter each : distribution.parameters()) {
        parameters.put(each.name(), each.outputs());
        activations.put(each.name(), each.link().toString());
      }
      return new DistributionView(distribution.kind().word(), parameters, activations);
    }
  }

  /**
   * A scaler by two points of each column.
   *
   * @param columns of the scaled numbers
   */
  record ScalerView(List<ColumnView> columns) {

    static ScalerView of(Scaler scaler) {
      return new ScalerView(
          IntStream.range(0, scaler.outputs())
              .mapToObj(
                  i ->
                      new ColumnView(
                          scaler.columns().get(i).source(),
                          scaler.invert(i, 0),
                          scaler.invert(i, 1)))
              .toList());
    }
  }

  /**
   * A column of a scaler.
   *
   * @param source which reading it is of, from 0
   * @param zero the reading that becomes 0
   * @param one the reading that becomes 1
   */
  record ColumnView(int source, double zero, double one) {}

  static SettingsView of(ModelSettings settings) {
    Distribution distribution = settings.forecasting().distribution();
    Scaler drawn = distribution == null ? null : distribution.scaler();
    return new SettingsView(
        settings.about().description(),
        orNull(settings.about().tags()),
        orNull(settings.columns().features()),
        orNull(settings.columns().targets()),
        settings.columns().units().isEmpty() ? null : settings.columns().units(),
        view(settings.scaler(), ScalerView::of),
        view(drawn == null ? settings.targetScaler() : drawn, ScalerView::of),
        view(settings.classes(), classes -> classes.labels().names()),
        settings.forecasting().window() == 0 ? null : settings.forecasting().window(),
        settings.forecasting().feedback(),
        settings.detection().equals(Detection.NONE) ? null : DetectionView.of(settings.detection()),
        view(settings.tokens().vocabulary(), VocabularyView::of),
        view(distribution, DistributionView::of));
  }

  /**
   * How a model tells what is not usual.
   *
   * @param kind null where it follows from shapes
   * @param threshold null where none is known
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record DetectionView(@Nullable String kind, String metric, @Nullable Double threshold) {

    static DetectionView of(Detection detection) {
      return new DetectionView(
          view(detection.kind(), SettingsView::word),
          word(detection.metric()),
          detection.threshold());
    }
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static <T> @Nullable List<T> orNull(List<T> list) {
    return list.isEmpty() ? null : list;
  }

  private static <T, R> @Nullable R view(@Nullable T value, Function<T, R> view) {
    return value == null ? null : view.apply(value);
  }
}
