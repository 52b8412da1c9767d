package dev.keepgate.kernel;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The steps of a batch that are there, packed so that padding and masks cost nothing: rows in order
 * of how many steps they have, longest first, so that those which are still running at a step are
 * the first ones (PyTorch's {@code PackedSequence}).
 *
 * @param rows [batch]: the row at each rank
 * @param active [longest]: how many rows run at each step
 * @param sources [steps of all rows]: where each packed step lies in [batch, time]
 */
record PackedSteps(int[] rows, int[] active, int[] sources) {

  /**
   * Packs.
   *
   * @param present [batch][time]: which steps are there
   * @param backward whether each row is read from its last step back
   */
  static PackedSteps of(boolean[][] present, int time, boolean backward) {
    int[][] steps = new int[present.length][];
    for (int row = 0; row < present.length; row++) {
      boolean[] there = present[row];
      steps[row] =
          IntStream.range(0, there.length)
              .map(i -> backward ? there.length - 1 - i : i)
              .filter(t -> there[t])
              .toArray();
    }
    int[] rows =
        IntStream.range(0, present.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> -steps[row].length))
            .mapToInt(Integer::intValue)
            .toArray();
    int longest = rows.length == 0 ? 0 : steps[rows[0]].length;
    int[] active = new int[longest];
    int[] sources = new int[Arrays.stream(steps).mapToInt(s -> s.length).sum()];
    int next = 0;
    for (int s = 0; s < longest; s++) {
      int rank = 0;
      for (; rank < rows.length && steps[rows[rank]].length > s; rank++) {
        sources[next++] = rows[rank] * time + steps[rows[rank]][s];
      }
      active[s] = rank;
    }
    return new PackedSteps(rows, active, sources);
  }

  /** The packed steps of [batch, time, width], as [steps, width]. */
  float[] gather(float[] from, int width) {
    return gather(from, width, sources);
  }

  /** The rows of [batch, width] by rank. */
  float[] gatherRows(float[] from, int width) {
    return gather(from, width, rows);
  }

  private static float[] gather(float[] from, int width, int[] indices) {
    float[] to = new float[indices.length * width];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(from, indices[i] * width, to, i * width, width);
    }
    return to;
  }

  /** Puts packed steps back where they came from. */
  void scatter(float[] from, float[] to, int width) {
    scatter(from, to, width, sources);
  }

  /** Puts rows by rank back where they came from. */
  void scatterRows(float[] from, float[] to, int width) {
    scatter(from, to, width, rows);
  }

  private static void scatter(float[] from, float[] to, int width, int[] indices) {
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(from, i * width, to, indices[i] * width, width);
    }
  }
}
