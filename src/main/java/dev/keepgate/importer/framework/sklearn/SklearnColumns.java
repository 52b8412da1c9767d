package dev.keepgate.importer.framework.sklearn;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.NumpyArray;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.file.pickle.PythonSlice;
import dev.keepgate.importer.file.pickle.Unpickler;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Scaler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A ColumnTransformer: scalers of some columns each, whose outputs lie one behind the other, what
 * remains behind them.
 */
final class SklearnColumns {

  private final SklearnScaler scalers;
  private final Estimator estimator;
  private final int depth;
  private final Map<String, Integer> places = new HashMap<>();

  SklearnColumns(SklearnScaler scalers, Estimator estimator, int depth) {
    this.scalers = scalers;
    this.estimator = estimator;
    this.depth = depth;
  }

  Scaler read(int columns) throws ImportException {
    estimator.allowOnly(
        "transformers",
        "remainder",
        "sparse_threshold",
        "n_jobs",
        "transformer_weights",
        "verbose",
        "verbose_feature_names_out",
        "force_int_remainder_cols");
    if (estimator.object().get("transformer_weights") != null) {
      throw estimator.notAffine("weighs its parts");
    }
    List<String> names = estimator.columnNames();
    for (String name : names) {
      places.putIfAbsent(name, places.size());
    }
    int width = columns < 0 ? names.size() : columns;
    if (width == 0) {
      throw estimator.unsupported("does not say how many columns it was fitted to");
    }
    List<Scaler.Column> joined = new ArrayList<>();
    for (Object part : estimator.list("transformers_", estimator.fitted("transformers_"))) {
      if (!(part instanceof List<?> triple) || triple.size() != 3) {
        throw estimator.malformed("has a part that is no triple");
      }
      if (!"drop".equals(triple.get(1))) {
        List<Integer> chosen = chosen(triple.get(2), width);
        joined.addAll(part(triple.get(1), chosen));
      }
    }
    try {
      Scaler scaler = new Scaler(width, names, joined);
      scalers.charge(scaler);
      return scaler;
    } catch (InconsistentModelException e) {
      throw estimator.unsupported("does not fit: %s", String.valueOf(e.getMessage()));
    }
  }

  private List<Scaler.Column> part(Object transformer, List<Integer> chosen)
      throws ImportException {
    if (chosen.isEmpty()) {
      return List.of();
    }
    Scaler scaler = scalers.scaler(transformer, chosen.size(), depth + 1);
    if (scaler == null) {
      scaler = Scaler.identity(chosen.size());
    }
    if (scaler.inputs() != chosen.size()) {
      throw estimator.unsupported(
          "gives %d columns to a scaler of %d", chosen.size(), scaler.inputs());
    }
    scalers.charge(scaler);
    return scaler.columns().stream()
        .map(column -> new Scaler.Column(chosen.get(column.source()), column.steps()))
        .toList();
  }

  /** The columns that an index, a slice, a mask, names, or a list of the former choose. */
  private List<Integer> chosen(Object choice, int width) throws ImportException {
    if (choice instanceof PythonSlice slice) {
      return slice(slice, width);
    }
    if (choice instanceof Long || choice instanceof String) {
      return List.of(index(choice, width));
    }
    Object listed = choice instanceof PythonObject object ? object.get("data") : choice;
    List<?> items = estimator.list("columns", listed);
    scalers.charge(items.size());
    List<Integer> chosen = new ArrayList<>();
    boolean isMask = !items.isEmpty() && items.stream().allMatch(Boolean.class::isInstance);
    if (isMask && items.size() != width) {
      throw estimator.malformed("has a mask of %d for %d columns", items.size(), width);
    }
    for (int i = 0; i < items.size(); i++) {
      if (!isMask) {
        chosen.add(index(items.get(i), width));
      } else if (Boolean.TRUE.equals(items.get(i))) {
        chosen.add(i);
      }
    }
    if (choice instanceof NumpyArray array && array.shape().length > 1) {
      throw estimator.malformed("chooses columns by an array of several dimensions");
    }
    return chosen;
  }

  private int index(Object item, int width) throws ImportException {
    if (item instanceof Long number && number >= -width && number < width) {
      return (int) (number < 0 ? number + width : number);
    }
    Integer named = item instanceof String name ? places.get(name) : null;
    if (named != null) {
      return named;
    }
    throw estimator.unsupported(
        "takes the column %s; it was fitted to %d columns%s",
        item instanceof String || item instanceof Number ? "'" + item + "'" : "of another kind",
        width,
        places.isEmpty() ? " without names" : "");
  }

  /** By numbers as Python slices a list; by names with both ends. */
  private List<Integer> slice(PythonSlice slice, int width) throws ImportException {
    long step = slice.step() == Unpickler.NONE ? 1 : number(slice.step());
    boolean isNamed = slice.start() instanceof String || slice.stop() instanceof String;
    if (step < 1) {
      throw estimator.unsupported("takes columns by a slice with the step %d", step);
    }
    long from = 0;
    long to = width;
    if (slice.start() != Unpickler.NONE) {
      from = isNamed ? index(slice.start(), width) : end(number(slice.start()), width);
    }
    if (slice.stop() != Unpickler.NONE) {
      to = isNamed ? index(slice.stop(), width) + 1 : end(number(slice.stop()), width);
    }
    List<Integer> chosen = new ArrayList<>();
    for (long i = from; i < to; i += Math.min(step, width)) {
      chosen.add((int) i);
    }
    return chosen;
  }

  private static long end(long index, int width) {
    return Math.max(0, Math.min(width, index < 0 ? index + width : index));
  }

  private long number(Object value) throws ImportException {
    if (value instanceof Long number) {
      return number;
    }
    throw estimator.malformed("has a slice between what are no numbers");
  }
}
