package dev.keepgate.kernel.layer;

/**
 * The steps of a batch that are there, packed so that padding and masks cost nothing: rows in order
 * of how many steps they have, longest first, so that those which are still running at a step are
 * the first ones (PyTorch's {@code PackedSequence}).
 *
 * @param rows [batch]: the row at each rank
 * @param active [longest]: how many rows run at each step
 * @param sources [steps of all rows]: where each packed step lies in [batch, time]
 */
public record PackedSteps(int[] rows, int[] active, int[] sources) {

  /**
   * Packs.
   *
   * @param present [batch][time]: which steps are there
   * @param backward whether each row is read from its last step back
   */
  public static PackedSteps of(boolean[][] present, int time, boolean backward) {
    int[] counts = new int[present.length];
    int total = 0;
    for (int row = 0; row < present.length; row++) {
      counts[row] = count(present[row]);
      total += counts[row];
    }
    int[] rows = longestFirst(counts, time);
    int longest = rows.length == 0 ? 0 : counts[rows[0]];
    int[] active = new int[longest];
    int[] sources = new int[total];
    int[] next = new int[rows.length];
    int packed = 0;
    for (int s = 0; s < longest; s++) {
      int rank = 0;
      for (; rank < rows.length && counts[rows[rank]] > s; rank++) {
        boolean[] there = present[rows[rank]];
        int at = next[rank];
        while (!there[backward ? there.length - 1 - at : at]) {
          at++;
        }
        next[rank] = at + 1;
        sources[packed++] = rows[rank] * time + (backward ? there.length - 1 - at : at);
      }
      active[s] = rank;
    }
    return new PackedSteps(rows, active, sources);
  }

  /** All steps of rows that are equally long, forward. */
  public static PackedSteps full(int batch, int time) {
    int[] rows = new int[batch];
    int[] active = new int[time];
    int[] sources = new int[batch * time];
    for (int row = 0; row < batch; row++) {
      rows[row] = row;
    }
    for (int step = 0; step < time; step++) {
      active[step] = batch;
      for (int row = 0; row < batch; row++) {
        sources[step * batch + row] = row * time + step;
      }
    }
    return new PackedSteps(rows, active, sources);
  }

  private static int count(boolean[] there) {
    int count = 0;
    for (boolean each : there) {
      count += each ? 1 : 0;
    }
    return count;
  }

  /** The rows in order of their counts, equal ones as they were: a counting sort. */
  private static int[] longestFirst(int[] counts, int time) {
    int[] next = new int[time + 2];
    for (int count : counts) {
      next[time - count + 1]++;
    }
    for (int i = 1; i < next.length; i++) {
      next[i] += next[i - 1];
    }
    int[] rows = new int[counts.length];
    for (int row = 0; row < counts.length; row++) {
      rows[next[time - counts[row]]++] = row;
    }
    return rows;
  }

  /** The packed steps of [batch, time, width], as [steps, width]. */
  public float[] gather(float[] from, int width) {
    return gather(from, width, sources);
  }

  /** The rows of [batch, width] by rank. */
  public float[] gatherRows(float[] from, int width) {
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
  public void scatter(float[] from, float[] to, int width) {
    scatter(from, to, width, sources);
  }

  /** Puts rows by rank back where they came from. */
  public void scatterRows(float[] from, float[] to, int width) {
    scatter(from, to, width, rows);
  }

  private static void scatter(float[] from, float[] to, int width, int[] indices) {
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(from, i * width, to, indices[i] * width, width);
    }
  }
}
