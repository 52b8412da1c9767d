package dev.keepgate.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What lies beside a network: what its numbers mean to people.
 *
 * @param readings what a request brings and what it is answered
 * @param classes the names of an output's numbers; null where they are none of classes
 * @param forecasting how it goes on by its own answers
 * @param detection how it tells what is not usual
 * @param about what else is to be told
 * @param tokens what its numbers are of a text
 */
public record ModelSettings(
    Readings readings,
    @Nullable Classes classes,
    Forecasting forecasting,
    Detection detection,
    About about,
    Tokens tokens) {

  /** Nothing. */
  public static final ModelSettings NONE =
      new ModelSettings(
          Readings.NONE, null, Forecasting.NONE, Detection.NONE, About.NONE, Tokens.NONE);

  /** The same that goes on otherwise by its own answers. */
  public ModelSettings with(Forecasting other) {
    return new ModelSettings(readings, classes, other, detection, about, tokens);
  }

  /** Of the readings that a request brings; null where it brings the network's own numbers. */
  public @Nullable Scaler scaler() {
    return readings.scaler();
  }

  /** Whose inverse makes readings of the output; null where that is answered as it is. */
  public @Nullable Scaler targetScaler() {
    return readings.targetScaler();
  }

  /** The names of readings. */
  public Columns columns() {
    return readings.columns();
  }

  /**
   * What a request brings and what it is answered.
   *
   * @param scaler of the readings that a request brings; null where it brings the network's own
   *     numbers
   * @param targetScaler whose inverse makes readings of the network's output; null where the output
   *     is answered as it is, as the parameters of a distribution are
   * @param columns the names of readings
   */
  public record Readings(@Nullable Scaler scaler, @Nullable Scaler targetScaler, Columns columns) {

    /** The network's own numbers, without names. */
    public static final Readings NONE = new Readings(null, null, Columns.NONE);
  }

  /**
   * Names of readings.
   *
   * @param features of what a request brings; empty where they have none
   * @param targets of what it is answered; empty where they have none
   * @param units by the names of features and targets
   */
  public record Columns(List<String> features, List<String> targets, Map<String, String> units) {

    /** No names. */
    public static final Columns NONE = new Columns(List.of(), List.of(), Map.of());

    public Columns {
      features = List.copyOf(features);
      targets = List.copyOf(targets);
      units = Map.copyOf(units);
    }
  }

  /**
   * A classifier's classes.
   *
   * @param labels a name each
   * @param probability how an output's numbers become probabilities
   */
  public record Classes(Labels labels, Probability probability) {}

  /** How numbers of classes become probabilities. */
  public enum Probability {
    /** They are. */
    AS_THEY_ARE,

    /** Their softmax is. */
    SOFTMAX,

    /** Their exponentials are. */
    EXPONENTIAL,

    /** The only number is that of the second class, and the rest that of the first. */
    OF_THE_SECOND,

    /** The only number's sigmoid is that of the second class. */
    SIGMOID_OF_THE_SECOND
  }

  /**
   * How a model goes on by its own answers.
   *
   * @param window how many steps it sees; 0 where it goes on from its state
   * @param feedback of each number of its output, the column of the input that it becomes; null
   *     where that follows from names or widths
   * @param distribution how its output is read; null where that is the next reading itself
   */
  public record Forecasting(
      int window, @Nullable List<Integer> feedback, @Nullable Distribution distribution) {

    /** From its state, by names or widths. */
    public static final Forecasting NONE = new Forecasting(0, null);

    public Forecasting {
      feedback = feedback == null ? null : List.copyOf(feedback);
    }

    /** Of a network whose output is the next reading itself. */
    public Forecasting(int window, @Nullable List<Integer> feedback) {
      this(window, feedback, null);
    }
  }

  /**
   * How a model tells what is not usual: by the error of what it answers.
   *
   * @param kind of which error; null where that follows from shapes
   * @param metric how errors become one number
   * @param threshold the largest that is usual, in the network's own numbers; null where none is
   *     known
   */
  public record Detection(@Nullable DetectionKind kind, Metric metric, @Nullable Double threshold) {

    /** By the mean absolute error, without a threshold. */
    public static final Detection NONE = new Detection(null, Metric.MAE, null);
  }

  /** Which error tells what is not usual. */
  public enum DetectionKind {
    /** What an autoencoder makes of its input, against the input. */
    RECONSTRUCTION,

    /** What a forecaster says of the next step, against that step. */
    FORECAST
  }

  /** How errors become one number. */
  public enum Metric {
    /** The mean of the absolute errors. */
    MAE,

    /** The mean of the squared errors. */
    MSE,

    /** The square root of the mean of the squared errors. */
    RMSE
  }

  /**
   * What its numbers are of a text.
   *
   * @param vocabulary the tokens of its ids; null where they are not known
   * @param probability how its output's numbers become probabilities of ids; null where they are
   *     none
   */
  public record Tokens(@Nullable Vocabulary vocabulary, @Nullable Probability probability) {

    /** Of no text. */
    public static final Tokens NONE = new Tokens(null, null);
  }

  /** What a person says of a model. */
  public record About(@Nullable String description, List<String> tags) {

    /** Nothing said. */
    public static final About NONE = new About(null, List.of());

    public About {
      tags = List.copyOf(tags);
    }
  }
}
