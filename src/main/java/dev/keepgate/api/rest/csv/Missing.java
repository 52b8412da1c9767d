package dev.keepgate.api.rest.csv;

/** What stands for a value that is missing. */
enum Missing {
  /** Nothing: it is an error. */
  REFUSED,
  /** The value of the series' line before. */
  PREVIOUS,
  ZERO
}
