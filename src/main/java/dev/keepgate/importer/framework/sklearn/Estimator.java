package dev.keepgate.importer.framework.sklearn;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.NumpyArray;
import dev.keepgate.importer.file.pickle.PythonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A fitted estimator's attributes, each of the kind that it must be. */
record Estimator(PythonObject object) {

  private static final int MAX_ATTRIBUTES = 1000;

  private static final String REMEDY =
      "; send its numbers as JSON: {\"mean\": [...], \"scale\": [...]} or {\"min\": [...], \"max\":"
          + " [...], \"range\": [0, 1]}";

  String name() {
    return object.name();
  }

  /**
   * Checks that it has no parameter but these: one that came with a later version may change what
   * it does.
   */
  void allowOnly(String... parameters) throws ImportException {
    Set<String> allowed = Set.of(parameters);
    if (object.attributes().size() > MAX_ATTRIBUTES) {
      throw unsupported("has more than %d attributes", MAX_ATTRIBUTES);
    }
    for (Object key : object.attributes().keySet()) {
      String attribute = String.valueOf(key);
      boolean isFitted = attribute.startsWith("_") || attribute.endsWith("_");
      if (!isFitted && !allowed.contains(attribute)) {
        throw unsupported(
            "has the attribute '%s', whose meaning is not known%s", attribute, REMEDY);
      }
    }
  }

  /** A parameter that is True or False, or what it was before there was a choice. */
  boolean flag(String attribute, boolean absent) throws ImportException {
    Object value = object.get(attribute);
    if (value == null) {
      return absent;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Long number) {
      return number != 0;
    }
    throw malformed("has a '%s' that is neither True nor False", attribute);
  }

  /** A fitted attribute. */
  Object fitted(String attribute) throws ImportException {
    Object value = object.get(attribute);
    if (value == null) {
      throw unsupported("is not fitted: it has no '%s'; save it after fit", attribute);
    }
    return value;
  }

  /** Fitted numbers, one a column. */
  double[] numbers(String attribute, int columns) throws ImportException {
    double[] numbers = numbers(attribute);
    if (columns >= 0 && numbers.length != columns) {
      throw unsupported("has %d columns, '%s' has %d", columns, attribute, numbers.length);
    }
    return numbers;
  }

  private double[] numbers(String attribute) throws ImportException {
    Object value = fitted(attribute);
    if (value instanceof NumpyArray array && array.shape().length > 1) {
      throw unsupported("has a '%s' of %d dimensions", attribute, array.shape().length);
    }
    List<?> values = list(attribute, value);
    double[] numbers = new double[values.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(values.get(i) instanceof Number number)) {
        throw malformed("has a '%s' that holds more than numbers", attribute);
      }
      numbers[i] = number.doubleValue();
      if (!Double.isFinite(numbers[i])) {
        throw unsupported("has a '%s' of %s in column %d", attribute, numbers[i], i);
      }
    }
    return numbers;
  }

  /** The elements of a list, a tuple or an array. */
  List<?> list(String attribute, @Nullable Object value) throws ImportException {
    if (value instanceof NumpyArray array) {
      return array.values();
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw malformed("has a '%s' that is no list", attribute);
  }

  /** How many columns it was fitted to; -1 if it does not say, as before version 0.24. */
  int columns() throws ImportException {
    Object value = object.get("n_features_in_");
    if (value == null) {
      value = object.get("_n_features");
    }
    if (value == null) {
      return -1;
    }
    if (value instanceof Long count && count > 0 && count <= Integer.MAX_VALUE) {
      return count.intValue();
    }
    throw malformed("has an impossible number of columns");
  }

  /** The names of its columns; empty if it was fitted to an array without. */
  List<String> columnNames() throws ImportException {
    Object value = object.get("feature_names_in_");
    if (value == null) {
      value = object.get("_df_columns");
    }
    if (value == null) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (Object name : list("feature_names_in_", value)) {
      if (!(name instanceof String text)) {
        return List.of();
      }
      names.add(text);
    }
    return names;
  }

  ImportException notAffine(String why) {
    return ImportException.unsupported(
        object.type(),
        why
            + "; what is read are StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler, and a"
            + " Pipeline or ColumnTransformer of these: apply the rest before readings are sent, and"
            + " save the scaler alone");
  }

  @SuppressWarnings("AnnotateFormatMethod")
  ImportException unsupported(String detail, Object... arguments) {
    return ImportException.unsupported(object.type(), detail.formatted(arguments));
  }

  @SuppressWarnings("AnnotateFormatMethod")
  ImportException malformed(String detail, Object... arguments) {
    return ImportException.malformed(object.type(), detail.formatted(arguments));
  }
}
