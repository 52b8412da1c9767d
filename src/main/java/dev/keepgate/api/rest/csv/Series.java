package dev.keepgate.api.rest.csv;

import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.RecurrentState;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of a file's series: what its next line needs of those before it. */
final class Series {

  private final String name;
  private double @Nullable [] last;
  private @Nullable RecurrentState state;
  private @Nullable RowWindow window;
  private double[] ahead = {};
  private int aheadSize;

  Series(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** The readings of its last line; null before the first. */
  double @Nullable [] last() {
    return last;
  }

  void last(double[] readings) {
    if (last == null) {
      last = readings.clone();
    } else {
      System.arraycopy(readings, 0, last, 0, last.length);
    }
  }

  /** Of one row, after the lines that were computed; null before the first. */
  @Nullable RecurrentState state() {
    return state;
  }

  void state(RecurrentState after) {
    state = after;
  }

  /** Its last lines, for windows over them; null before the first. */
  @Nullable RowWindow window() {
    return window;
  }

  void window(RowWindow first) {
    window = first;
  }

  /** How many numbers are known ahead. */
  int aheadSize() {
    return aheadSize;
  }

  /** What is known ahead, in the order of its lines. */
  double[] ahead() {
    return ahead;
  }

  /**
   * Takes numbers that are known ahead.
   *
   * @param memory of what they take
   */
  void addAhead(double[] readings, List<Integer> columns, RequestMemory memory) {
    if (aheadSize + columns.size() > ahead.length) {
      int room = Math.max(2 * ahead.length, aheadSize + columns.size());
      memory.take((long) Double.BYTES * (room - ahead.length));
      ahead = Arrays.copyOf(ahead, room);
    }
    for (int column : columns) {
      ahead[aheadSize++] = readings[column];
    }
  }
}
