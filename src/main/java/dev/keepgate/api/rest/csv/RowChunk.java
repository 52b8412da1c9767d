package dev.keepgate.api.rest.csv;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;

/** Lines that wait to be computed together, each with numbers of its own and its further fields. */
final class RowChunk {

  private static final int FIRST = 16;

  private final int width;
  private final int most;
  private final RequestMemory memory;
  private final FurtherCells further = new FurtherCells();
  private double[] values;
  private Series[] series = new Series[FIRST];
  private long[] rows = new long[FIRST];
  private long taken;
  private int count;
  private long firstLine;
  private long lastLine;

  /**
   * @param width how many numbers each has
   * @param most how many are computed together
   * @param memory of which all of it is taken
   */
  RowChunk(int width, int most, RequestMemory memory) {
    this.width = width;
    this.most = most;
    this.memory = memory;
    this.values = new double[Math.multiplyExact(width, Math.min(FIRST, most))];
    account();
  }

  private void account() {
    long bytes = (long) Double.BYTES * values.length + 16L * series.length + further.bytes();
    if (bytes > taken) {
      memory.take(bytes - taken);
      taken = bytes;
    }
  }

  int count() {
    return count;
  }

  boolean isFull() {
    return count == most;
  }

  void clear() {
    count = 0;
    further.clear();
  }

  /**
   * Adds a line without its numbers.
   *
   * @return where they go
   */
  int add(CsvLine line) {
    if (count == rows.length) {
      rows = Arrays.copyOf(rows, 2 * count);
      series = Arrays.copyOf(series, 2 * count);
    }
    int end = Math.multiplyExact(count + 1, width);
    if (end > values.length) {
      long room = Math.min((long) most * width, 2L * values.length);
      values = Arrays.copyOf(values, Math.toIntExact(room));
    }
    further.addAll(line.further(), 0, line.further().count());
    account();
    firstLine = count == 0 ? line.number() : firstLine;
    lastLine = line.number();
    series[count] = line.series();
    rows[count] = line.row();
    return width * count++;
  }

  double[] values() {
    return values;
  }

  Series series(int line) {
    return series[line];
  }

  /** Which row of the file a line is, from 0. */
  long row(int line) {
    return rows[line];
  }

  long firstLine() {
    return firstLine;
  }

  long lastLine() {
    return lastLine;
  }

  /** Writes the further fields of a line. */
  void writeFurther(AnswerWriter to, int line) {
    int each = count == 0 ? 0 : further.count() / count;
    to.further(further, line * each, (line + 1) * each);
  }

  /**
   * Numbers as a model takes them.
   *
   * @param numbers from the first on
   * @param readings what they are
   * @param rows of the request
   * @param steps of each row
   */
  static Tensor tensor(double[] numbers, Readings readings, int rows, int steps) {
    int size = Math.multiplyExact(Math.multiplyExact(rows, steps), readings.width());
    if (readings.vocabulary() > 0) {
      int[] ids = new int[size];
      for (int i = 0; i < size; i++) {
        ids[i] = (int) numbers[i];
      }
      return new Tensor.Ints(new int[] {rows, steps}, ids);
    }
    int[] shape = {rows, steps, readings.width()};
    if (readings.scaler() != null) {
      return new Tensor.Doubles(shape, Arrays.copyOf(numbers, size));
    }
    float[] floats = new float[size];
    for (int i = 0; i < size; i++) {
      floats[i] = (float) numbers[i];
    }
    return Tensor.Floats.of(floats, shape);
  }
}
