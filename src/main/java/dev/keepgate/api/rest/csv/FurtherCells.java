package dev.keepgate.api.rest.csv;

import java.util.Arrays;

/** The fields of rows that are passed through into the answer, in one array of characters. */
final class FurtherCells {

  private char[] text = new char[256];
  private int[] ends = new int[16];
  private int count;

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  /** Bytes that it takes. */
  long bytes() {
    return (long) Character.BYTES * text.length + (long) Integer.BYTES * ends.length;
  }

  char[] text() {
    return text;
  }

  int begin(int cell) {
    return cell == 0 ? 0 : ends[cell - 1];
  }

  int end(int cell) {
    return ends[cell];
  }

  void add(char[] from, int offset, int length) {
    int size = begin(count);
    if (size + length > text.length) {
      text = Arrays.copyOf(text, Math.max(2 * text.length, Math.addExact(size, length)));
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, 2 * ends.length);
    }
    System.arraycopy(from, offset, text, size, length);
    ends[count++] = size + length;
  }

  /** Adds some of another's. */
  void addAll(FurtherCells other, int from, int to) {
    for (int cell = from; cell < to; cell++) {
      add(other.text, other.begin(cell), other.end(cell) - other.begin(cell));
    }
  }
}
