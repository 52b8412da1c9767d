package dev.keepgate.importer.framework.sklearn;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.file.pickle.Unpickler;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.ScalerStep;
import dev.keepgate.model.ScalerStep.Add;
import dev.keepgate.model.ScalerStep.Clip;
import dev.keepgate.model.ScalerStep.Divide;
import dev.keepgate.model.ScalerStep.Multiply;
import dev.keepgate.model.ScalerStep.Subtract;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads scalers of scikit-learn 0.20 and later, each as the operations that its {@code transform}
 * does, in their order.
 */
public final class SklearnScaler {

  private static final int MAX_DEPTH = 16;

  /** A pickle can hold an estimator many times in another, and that in a third. */
  private static final int MAX_ESTIMATORS = 1000;

  private static final int MAX_STEPS = 10_000_000;

  private int estimators;
  private long steps;

  private SklearnScaler() {}

  /**
   * Reads a scaler.
   *
   * @param value what a pickle holds
   * @throws ImportException if it is no scaler that works on each column by itself, by its name
   */
  public static Scaler read(Object value) throws ImportException {
    Scaler scaler = new SklearnScaler().scaler(value, -1, 0);
    if (scaler == null) {
      throw ImportException.unsupported(
          "scaler", "it changes nothing, and does not say how many columns it has; leave it out");
    }
    return scaler;
  }

  /**
   * @param columns that it gets; -1 if that is not known
   * @return null if it leaves all as it is
   */
  @Nullable Scaler scaler(Object value, int columns, int depth) throws ImportException {
    if (value instanceof String word && word.equals("passthrough")) {
      return columns < 0 ? null : Scaler.identity(columns);
    }
    if (!(value instanceof PythonObject object)) {
      throw ImportException.unsupported(
          "scaler", "the pickle holds something else than a scaler of scikit-learn");
    }
    if (depth > MAX_DEPTH || ++estimators > MAX_ESTIMATORS) {
      throw ImportException.tooLarge("the scaler is made of too many others");
    }
    Estimator estimator = new Estimator(object);
    int own = estimator.columns();
    if (own >= 0 && columns >= 0 && own != columns) {
      throw estimator.unsupported("has %d columns, it gets %d", own, columns);
    }
    int width = Math.max(own, columns);
    Scaler scaler =
        switch (estimator.name()) {
          case "StandardScaler" -> standard(estimator, width);
          case "MinMaxScaler" -> minMax(estimator, width);
          case "MaxAbsScaler" -> maxAbs(estimator, width);
          case "RobustScaler" -> robust(estimator, width);
          case "FunctionTransformer" -> function(estimator, width);
          case "Pipeline" -> pipeline(estimator, width, depth);
          case "ColumnTransformer" -> new SklearnColumns(this, estimator, depth).read(width);
          default -> throw estimator.notAffine("does more than shift and stretch each column");
        };
    if (scaler == null || !scaler.names().isEmpty()) {
      return scaler;
    }
    return scaler.withNames(estimator.columnNames());
  }

  private static Scaler standard(Estimator estimator, int columns) throws ImportException {
    estimator.allowOnly("copy", "with_mean", "with_std");
    return centred(
        estimator,
        columns,
        name(estimator, "with_mean", "mean_"),
        name(estimator, "with_std", "scale_"));
  }

  private static Scaler robust(Estimator estimator, int columns) throws ImportException {
    estimator.allowOnly(
        "copy", "with_centering", "with_scaling", "quantile_range", "unit_variance");
    return centred(
        estimator,
        columns,
        name(estimator, "with_centering", "center_"),
        name(estimator, "with_scaling", "scale_"));
  }

  private static @Nullable String name(Estimator estimator, String flag, String attribute)
      throws ImportException {
    return estimator.flag(flag, true) ? attribute : null;
  }

  /** Takes the centre away, then divides by the scale. */
  private static Scaler centred(
      Estimator estimator, int columns, @Nullable String center, @Nullable String scale)
      throws ImportException {
    double[] centers = center == null ? null : estimator.numbers(center, columns);
    double[] scales = scale == null ? null : estimator.numbers(scale, columns);
    int width = centers != null ? centers.length : scales != null ? scales.length : columns;
    if (width < 0) {
      throw estimator.unsupported("changes nothing, and does not say how many columns it has");
    }
    if (centers != null && scales != null && centers.length != scales.length) {
      throw estimator.malformed("has %d centres and %d scales", centers.length, scales.length);
    }
    return Scaler.ofColumns(
        width,
        i -> {
          List<ScalerStep> steps = new ArrayList<>(2);
          if (centers != null) {
            steps.add(new Subtract(centers[i]));
          }
          if (scales != null) {
            steps.add(new Divide(scales[i]));
          }
          return steps;
        });
  }

  private static Scaler minMax(Estimator estimator, int columns) throws ImportException {
    estimator.allowOnly("feature_range", "copy", "clip");
    double[] scales = estimator.numbers("scale_", columns);
    double[] minima = estimator.numbers("min_", scales.length);
    double[] range = estimator.flag("clip", false) ? estimator.numbers("feature_range", 2) : null;
    return Scaler.ofColumns(
        scales.length,
        i -> {
          List<ScalerStep> steps = new ArrayList<>(3);
          steps.add(new Multiply(scales[i]));
          steps.add(new Add(minima[i]));
          if (range != null) {
            steps.add(new Clip(range[0], range[1]));
          }
          return steps;
        });
  }

  private static Scaler maxAbs(Estimator estimator, int columns) throws ImportException {
    estimator.allowOnly("copy", "clip");
    double[] scales = estimator.numbers("scale_", columns);
    boolean clips = estimator.flag("clip", false);
    return Scaler.ofColumns(
        scales.length,
        i ->
            clips
                ? List.of(new Divide(scales[i]), new Clip(-1, 1))
                : List.of(new Divide(scales[i])));
  }

  /** The function itself would have to be run, unless there is none. */
  private static @Nullable Scaler function(Estimator estimator, int columns)
      throws ImportException {
    if (estimator.object().get("func") != null || estimator.object().get("inverse_func") != null) {
      throw estimator.notAffine("calls a function, which is not run");
    }
    return columns < 0 ? null : Scaler.identity(columns);
  }

  private @Nullable Scaler pipeline(Estimator estimator, int columns, int depth)
      throws ImportException {
    estimator.allowOnly("steps", "memory", "verbose", "transform_input");
    Scaler joined = null;
    int width = columns;
    for (Object step : estimator.list("steps", estimator.fitted("steps"))) {
      if (!(step instanceof List<?> pair) || pair.size() != 2) {
        throw estimator.malformed("has a step that is no pair");
      }
      Object inner = pair.get(1);
      Scaler next = inner == Unpickler.NONE ? null : scaler(inner, width, depth + 1);
      if (next != null) {
        joined = joined == null ? next : joined.then(next);
        width = next.outputs();
        charge(joined);
      }
    }
    return joined == null && columns >= 0 ? Scaler.identity(columns) : joined;
  }

  /** Counts what was made; scalers that are joined copy their steps. */
  void charge(Scaler scaler) throws ImportException {
    long made = 0;
    for (Scaler.Column column : scaler.columns()) {
      made += 1 + column.steps().size();
    }
    charge(made);
  }

  /** Counts what was looked at. */
  void charge(long count) throws ImportException {
    steps += count;
    if (steps > MAX_STEPS) {
      throw ImportException.tooLarge("the scaler is made of too many others");
    }
  }
}
