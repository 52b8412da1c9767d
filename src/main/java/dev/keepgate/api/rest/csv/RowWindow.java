package dev.keepgate.api.rest.csv;

/** The last rows of a series, as many as a window has. */
final class RowWindow {

  private final int size;
  private final int width;

  /** [size, width], the oldest row where the next one goes. */
  private final double[] rows;

  private long count;

  RowWindow(int size, int width) {
    this.size = size;
    this.width = width;
    this.rows = new double[Math.multiplyExact(size, width)];
  }

  static long bytes(int size, int width) {
    return (long) Double.BYTES * size * width;
  }

  void add(double[] row) {
    System.arraycopy(row, 0, rows, (int) (count % size) * width, width);
    count++;
  }

  /** How many rows came so far. */
  long count() {
    return count;
  }

  /** Whether a window ends with the last row. */
  boolean isDue(int stride) {
    return count >= size && (count - size) % stride == 0;
  }

  /** Writes the last rows, the oldest first. */
  void copyTo(double[] to, int offset) {
    int oldest = (int) (count % size) * width;
    System.arraycopy(rows, oldest, to, offset, rows.length - oldest);
    System.arraycopy(rows, 0, to, offset + rows.length - oldest, oldest);
  }
}
