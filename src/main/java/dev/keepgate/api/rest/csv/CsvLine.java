package dev.keepgate.api.rest.csv;

/** A line that was read; used again for the next one. */
final class CsvLine {

  private final double[] values;
  private final FurtherCells further = new FurtherCells();
  private long number;
  private long row = -1;
  private Series series;
  private boolean ahead;

  /**
   * @param width how many readings a line has
   * @param series of a file that has no others
   */
  CsvLine(int width, Series series) {
    this.values = new double[width];
    this.series = series;
  }

  /** The next line begins. */
  void begin(long line) {
    number = line;
    row++;
    further.clear();
  }

  /** The readings, in the model's order. */
  double[] values() {
    return values;
  }

  /** The fields that are passed through. */
  FurtherCells further() {
    return further;
  }

  /** Where it begins in the file, from 1. */
  long number() {
    return number;
  }

  /** Which row of the file it is, from 0. */
  long row() {
    return row;
  }

  Series series() {
    return series;
  }

  void of(Series other) {
    series = other;
  }

  /** Whether it is of what is known ahead. */
  boolean isAhead() {
    return ahead;
  }

  void ahead(boolean isKnown) {
    ahead = isKnown;
  }
}
