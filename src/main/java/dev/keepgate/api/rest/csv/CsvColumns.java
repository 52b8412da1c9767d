package dev.keepgate.api.rest.csv;

import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the columns of a file are.
 *
 * @param names in the file's order; of a file without a header, their numbers from 1
 * @param features of each column, which of the model's it is; -1 where it is none
 * @param sequence the column that names series; -1 where there is none
 * @param hasHeader whether the first line is one
 */
record CsvColumns(List<String> names, int[] features, int sequence, boolean hasHeader) {

  /** Names that an error lists. */
  private static final int LISTED = 20;

  /** Whether a column's fields are passed through. */
  boolean isFurther(int column) {
    return features[column] < 0;
  }

  /** The names of the columns that are passed through, in the file's order. */
  List<String> further() {
    List<String> further = new ArrayList<>();
    for (int column = 0; column < features.length; column++) {
      if (isFurther(column)) {
        further.add(names.get(column));
      }
    }
    return further;
  }

  /** What an error calls a column. */
  String label(int column) {
    return hasHeader ? "'" + names.get(column) + "'" : names.get(column);
  }

  /** Of a file without a header, whose columns are the model's. */
  static CsvColumns ofWidth(int columns, CsvOptions.Reading reading, Readings readings) {
    if (reading.sequence() != null || !reading.columns().isEmpty()) {
      throw new TensorFormatException(
          reading.sequence() != null ? "?sequence" : "?columns",
          "names a column, and the file has no header: its first line is all numbers; ?header=true"
              + " says that it is one");
    }
    if (columns != readings.width()) {
      throw CsvError.of(
          1,
          "has %d columns and no header, the model takes %d; name the columns in a first line"
              .formatted(columns, readings.width()));
    }
    List<String> names = new ArrayList<>();
    int[] features = new int[columns];
    for (int column = 0; column < columns; column++) {
      names.add(Integer.toString(column + 1));
      features[column] = column;
    }
    return new CsvColumns(names, features, -1, false);
  }

  /** Of a file with a header. */
  static CsvColumns ofHeader(List<String> names, CsvOptions.Reading reading, Readings readings) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw CsvError.of(1, "names the column %s twice".formatted(CsvError.shown(name)));
      }
    }
    int sequence = -1;
    if (reading.sequence() != null) {
      sequence = names.indexOf(reading.sequence());
      if (sequence < 0) {
        throw new TensorFormatException(
            "?sequence",
            "the file has no column %s, only %s"
                .formatted(CsvError.shown(reading.sequence()), listed(names)));
      }
    }
    List<String> wanted = reading.columns().isEmpty() ? readings.names() : reading.columns();
    int[] features =
        wanted.isEmpty()
            ? byPosition(names, sequence, readings)
            : byName(names, wanted, reading, readings);
    return new CsvColumns(names, features, sequence, true);
  }

  private static int[] byName(
      List<String> names, List<String> wanted, CsvOptions.Reading reading, Readings readings) {
    if (wanted.size() != readings.width()) {
      throw new TensorFormatException(
          "?columns",
          "names %d columns, the model takes %d".formatted(wanted.size(), readings.width()));
    }
    List<String> missing = wanted.stream().filter(name -> !names.contains(name)).toList();
    if (!missing.isEmpty()) {
      throw CsvError.of(
          1,
          "does not name %s, which the model takes; it names %s%s"
              .formatted(listed(missing), listed(names), otherDelimiter(names, reading)));
    }
    return names.stream().mapToInt(wanted::indexOf).toArray();
  }

  /** What separates the columns, where it seems to be something else than was said. */
  private static String otherDelimiter(List<String> names, CsvOptions.Reading reading) {
    for (char other : new char[] {';', '\t', ','}) {
      if (other != reading.delimiter() && names.size() == 1 && names.get(0).indexOf(other) >= 0) {
        return "; say what separates the columns by ?delimiter=" + (other == '\t' ? "tab" : other);
      }
    }
    return "";
  }

  private static int[] byPosition(List<String> names, int sequence, Readings readings) {
    int[] features = new int[names.size()];
    int feature = 0;
    for (int column = 0; column < features.length; column++) {
      features[column] = column == sequence ? -1 : feature++;
    }
    if (feature != readings.width()) {
      throw CsvError.of(
          1,
          "has %d columns %s, the model takes %d, which have no names; say which by ?columns=a,b or upload the model with config.features"
              .formatted(feature, listed(names), readings.width()));
    }
    return features;
  }

  private static String listed(List<String> names) {
    List<String> shown = names.stream().limit(LISTED).map(CsvError::shown).toList();
    return String.join(", ", shown) + (names.size() > LISTED ? ", …" : "");
  }
}
