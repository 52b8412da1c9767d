package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceException.InvalidInput;

/** Makes the errors of a file, each at its line and column. */
final class CsvError {

  /** Characters of a field that an error shows. */
  private static final int SHOWN = 40;

  private CsvError() {}

  /** A line's fault. */
  static InvalidInput of(long line, String detail) {
    return new InvalidInput("line " + line, detail);
  }

  /** A field's fault. */
  static InvalidInput of(long line, String column, String detail) {
    return new InvalidInput("line %d, column %s".formatted(line, column), detail);
  }

  /** The beginning of a field, in quotes. */
  static String shown(CharSequence field) {
    return field.length() <= SHOWN ? "'" + field + "'" : "'" + field.subSequence(0, SHOWN) + "…'";
  }
}
