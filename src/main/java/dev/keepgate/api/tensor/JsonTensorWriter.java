package dev.keepgate.api.tensor;

import tools.jackson.core.JsonGenerator;

/** Writes primitive arrays as nested arrays of numbers. */
public final class JsonTensorWriter {

  private JsonTensorWriter() {}

  /**
   * Writes numbers as nested arrays, row-major.
   *
   * @param values from {@code offset} on, all finite
   * @param shape of what is written; no dimension for a bare number
   */
  public static void write(JsonGenerator json, float[] values, int offset, int... shape) {
    write(json, values, offset, shape, 0);
  }

  private static int write(JsonGenerator json, float[] values, int offset, int[] shape, int axis) {
    if (axis == shape.length) {
      json.writeNumber(values[offset]);
      return offset + 1;
    }
    int next = offset;
    json.writeStartArray();
    for (int i = 0; i < shape[axis]; i++) {
      next = write(json, values, next, shape, axis + 1);
    }
    json.writeEndArray();
    return next;
  }
}
