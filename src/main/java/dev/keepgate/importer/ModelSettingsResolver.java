package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.Distribution;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Labels;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Classes;
import dev.keepgate.model.ModelSettings.Columns;
import dev.keepgate.model.ModelSettings.Detection;
import dev.keepgate.model.ModelSettings.Forecasting;
import dev.keepgate.model.ModelSettings.Probability;
import dev.keepgate.model.Network;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a model's numbers mean, of the network, of what lies beside it and of what {@code
 * config} says.
 *
 * <p>The scaler makes the model's input: all of its columns, or those that {@code features} or
 * {@code scaler_columns} name. The target scaler undoes the model's output. Without one, the
 * scaler's own columns do: those that {@code targets} or {@code target_columns} name, else all
 * where the output is as wide as the input, else the only one. What is left open is asked for;
 * {@code "targets": []} says that the output is no reading. Probabilities are none.
 */
final class ModelSettingsResolver {

  private final Network network;
  private final SettingsConfig config;
  private final SettingsConfig.Readings readings;
  private final int inputSize;

  /** How many readings a step of the output is; of a distribution, one a target. */
  private int outputSize;

  private final List<String> assumed = new ArrayList<>();

  ModelSettingsResolver(Network network, SettingsConfig config) {
    this.network = network;
    this.config = config;
    this.readings = config.readings();
    Signature signature = network.signature();
    this.inputSize = signature.inputs().get(signature.sequenceInput()).size();
    this.outputSize = signature.outputSize();
  }

  /**
   * @param side what lies beside the model
   * @throws ImportException if it does not fit the network, or leaves something open
   */
  ModelSettings resolve(SideReader.Side side) throws ImportException {
    Scaler scaler = side.scaler();
    Scaler targetScaler = side.targetScaler();
    Distribution distribution = distribution();
    Labels labels = side.labels();
    Labels names = labels == null && config.labels() != null ? labels(config.labels()) : labels;
    if (names != null && distribution != null) {
      throw ImportException.config(
          "/config/distribution", "the output is of classes, as there are labels");
    }
    Classes classes = names == null ? null : new Classes(names, probability(names));
    Scaler inputs = scaler == null ? null : inputs(scaler);
    Scaler outputs = classes == null ? outputs(scaler, targetScaler) : null;
    if (distribution != null && !distribution.isDrawn() && outputs != null) {
      requireOrder(outputs);
    }
    Forecasting forecasting =
        forecasting(classes != null, distribution == null ? null : distribution.with(outputs));
    // Parameters are no readings: the scaler is that of what is drawn.
    Scaler undoing = distribution == null ? outputs : null;
    return new ModelSettings(
        new ModelSettings.Readings(inputs, undoing, columns(inputs, outputs)),
        classes,
        forecasting,
        detection(side.threshold()),
        config.about(),
        new TokensResolver(network, assumed)
            .resolve(side.vocabulary(), forecasting.window(), classes != null));
  }

  /** What {@code config} says counts before a file, so that a version can be put with another. */
  private Detection detection(@Nullable Double file) {
    Detection said = config.detection();
    Double threshold = said.threshold() != null ? said.threshold() : file;
    return new Detection(said.kind(), said.metric(), threshold);
  }

  private @Nullable Distribution distribution() throws ImportException {
    DistributionConfig said = config.distribution();
    if (said == null) {
      return null;
    }
    Distribution distribution = new DistributionResolver(network, said).resolve(assumed);
    outputSize = distribution.targets();
    return distribution;
  }

  /** A scaler that turns numbers round makes a low quantile of a high one. */
  private static void requireOrder(Scaler scaler) throws ImportException {
    for (int column = 0; column < scaler.outputs(); column++) {
      if (scaler.invert(column, 1) < scaler.invert(column, 0)) {
        throw ImportException.config(
            "/config/distribution",
            "the scaler turns the order of column %d round, and with it that of quantiles"
                .formatted(column));
      }
    }
  }

  /** What nothing said and was taken for granted, in words. */
  List<String> assumed() {
    return assumed;
  }

  private static Labels labels(List<String> names) throws ImportException {
    try {
      return new Labels(names);
    } catch (InconsistentModelException e) {
      throw ImportException.config("/config/labels", String.valueOf(e.getMessage()));
    }
  }

  private Scaler inputs(Scaler scaler) throws ImportException {
    Signature signature = network.signature();
    if (signature.inputs().get(signature.sequenceInput()).vocabulary().isPresent()) {
      throw ImportException.unsupported("scaler", "cannot scale the integers of an embedding");
    }
    List<Integer> chosen = readings.scalerColumns();
    if (chosen == null && readings.features() != null && !scaler.names().isEmpty()) {
      chosen = indices("features", readings.features(), scaler);
    }
    Scaler own = chosen == null ? scaler : columns("scaler_columns", scaler, chosen);
    if (own.outputs() != inputSize) {
      throw ImportException.config(
          chosen == null ? "/config/scaler_columns" : "/config/features",
          "the scaler has %d columns, the model takes %d; say which of them, such as [0, 1, 2]"
              .formatted(own.outputs(), inputSize));
    }
    return readings.features() == null ? own : named(own, readings.features());
  }

  private static Scaler named(Scaler scaler, List<String> features) throws ImportException {
    if (features.size() != scaler.inputs()) {
      throw ImportException.config(
          "/config/features",
          "names %d columns, readings have %d".formatted(features.size(), scaler.inputs()));
    }
    return scaler.withNames(features);
  }

  private static List<Integer> indices(String field, List<String> names, Scaler scaler)
      throws ImportException {
    List<Integer> indices = new ArrayList<>();
    for (String name : names) {
      int index = scaler.names().indexOf(name);
      if (index < 0) {
        throw ImportException.config(
            "/config/" + field,
            "the scaler has no column '%s', but %s".formatted(name, scaler.names()));
      }
      indices.add(index);
    }
    return indices;
  }

  private static Scaler columns(String field, Scaler scaler, List<Integer> chosen)
      throws ImportException {
    try {
      return scaler.ofSources(chosen.stream().mapToInt(Integer::intValue).toArray());
    } catch (InconsistentModelException e) {
      throw ImportException.config("/config/" + field, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Scaler outputs(@Nullable Scaler scaler, @Nullable Scaler targetScaler)
      throws ImportException {
    if (targetScaler != null) {
      return undoing("target_scaler", targetScaler, List.of());
    }
    List<String> targets = Objects.requireNonNullElse(readings.targets(), List.of());
    boolean isNone = readings.targets() != null && targets.isEmpty();
    if (scaler == null || isNone || isProbability()) {
      return null;
    }
    if (readings.targetColumns() != null) {
      Scaler own = columns("target_columns", scaler, readings.targetColumns());
      return undoing("/config/target_columns", own, List.of());
    }
    List<String> named = scaler.names().isEmpty() ? List.of() : targets;
    if (named.isEmpty() && scaler.inputs() > 1 && inputSize != outputSize) {
      throw open("the scaler has %d columns".formatted(scaler.inputs()), "/config/target_columns");
    }
    if (named.isEmpty()) {
      assumed.add("the output's numbers are of the scaler's own columns, in their order");
    }
    return undoing("/config/target_columns", scaler, named);
  }

  private ImportException open(String what, String where) {
    return ImportException.config(
        where,
        ("%s, the model answers %d numbers: say the columns of these by target_columns, such as"
                + " [0], give a target_scaler, or say \"targets\": [] where they are no readings")
            .formatted(what, outputSize));
  }

  /** What undoes the output's numbers. */
  private Scaler undoing(String where, Scaler scaler, List<String> targets) throws ImportException {
    if (network.signature().outputs().size() > 1) {
      throw ImportException.config(
          "/config/targets", "a model of several outputs answers its own numbers; say []");
    }
    try {
      return scaler.forTargets(targets, outputSize);
    } catch (InconsistentModelException e) {
      throw open(String.valueOf(e.getMessage()), where);
    }
  }

  private Forecasting forecasting(boolean hasClasses, @Nullable Distribution distribution)
      throws ImportException {
    Forecasting own = network.signature().settings().forecasting();
    Forecasting said = config.forecasting();
    if (said.feedback() != null) {
      long inside =
          said.feedback().stream().filter(column -> column < inputSize).distinct().count();
      if (inside < said.feedback().size()) {
        throw ImportException.config(
            "/config/feedback",
            "expected different columns of the input, from 0 to %d, got %s"
                .formatted(inputSize - 1, said.feedback()));
      }
      if (said.feedback().size() != outputSize) {
        throw ImportException.config(
            "/config/feedback",
            "names %d columns of the input, the model answers %d numbers"
                .formatted(said.feedback().size(), outputSize));
      }
    }
    int window = said.window() > 0 ? said.window() : own.window();
    boolean isOfSteps =
        inputSize == 1
            && outputSize > 1
            && !hasClasses
            && !isProbability()
            && !network.signature().takesIds();
    if (window > 0 && isOfSteps && said.feedback() == null) {
      assumed.add("in a forecast, the output's %d numbers are as many steps".formatted(outputSize));
    }
    return new Forecasting(window, said.feedback(), distribution);
  }

  private Optional<Activation.Kind> head() {
    return Optional.ofNullable(network.describeHead().activation()).map(Activation::kind);
  }

  private boolean isProbability() {
    Activation.Kind kind = head().orElse(Activation.Kind.LINEAR);
    return kind == Activation.Kind.SOFTMAX || kind == Activation.Kind.LOG_SOFTMAX;
  }

  private Probability probability(Labels labels) throws ImportException {
    Activation.Kind kind = head().orElse(Activation.Kind.LINEAR);
    if (labels.size() == 2 && outputSize == 1) {
      return switch (kind) {
        case SIGMOID -> Probability.OF_THE_SECOND;
        case LINEAR -> Probability.SIGMOID_OF_THE_SECOND;
        default -> throw noProbability(kind);
      };
    }
    if (labels.size() != outputSize) {
      throw ImportException.config(
          "/config/labels",
          "has %d names, the model answers %d numbers".formatted(labels.size(), outputSize));
    }
    return switch (kind) {
      case SOFTMAX, SIGMOID -> Probability.AS_THEY_ARE;
      case LOG_SOFTMAX -> Probability.EXPONENTIAL;
      case LINEAR -> {
        assumed.add("probabilities of classes are the softmax of the output");
        yield Probability.SOFTMAX;
      }
      default -> throw noProbability(kind);
    };
  }

  private static ImportException noProbability(Activation.Kind kind) {
    return ImportException.unsupported(
        "labels", "the model ends with %s, which makes no probabilities".formatted(kind));
  }

  private Columns columns(@Nullable Scaler inputs, @Nullable Scaler outputs)
      throws ImportException {
    List<String> features = readings.features();
    if (features == null) {
      features = inputs == null ? List.of() : inputs.names();
    } else if (inputs == null && features.size() != inputSize) {
      throw ImportException.config(
          "/config/features",
          "names %d columns, the model takes %d".formatted(features.size(), inputSize));
    }
    List<String> targets = readings.targets();
    if (targets == null) {
      targets = outputs == null ? List.of() : outputs.names();
    } else if (!targets.isEmpty() && targets.size() != outputSize) {
      throw ImportException.config(
          "/config/targets",
          "names %d columns, the model answers %d".formatted(targets.size(), outputSize));
    }
    for (String name : readings.units().keySet()) {
      if (!features.contains(name) && !targets.contains(name)) {
        throw ImportException.config(
            "/config/units/" + name,
            "is no feature and no target; there are %s and %s".formatted(features, targets));
      }
    }
    return new Columns(features, Objects.requireNonNull(targets), readings.units());
  }
}
