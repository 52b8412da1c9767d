package dev.keepgate.api.kafka;

import java.util.Locale;

/** How a record's value is written. */
public enum ValueFormat {
  /** An object: {@code {"x": [20.5, 3]}}, or the readings by the names that the model has. */
  JSON,
  /** A JSON array of numbers: {@code [20.5, 3]}. */
  ARRAY,
  /** A line of comma-separated numbers: {@code 20.5,3}. */
  CSV,
  /** Little-endian floats of 32 bits, one after the other. */
  FLOAT32;

  /** Its name in the settings. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
