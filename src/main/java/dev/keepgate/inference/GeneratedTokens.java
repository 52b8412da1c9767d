package dev.keepgate.inference;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that were drawn so far, of each row. A worker adds to a row, and the request's thread
 * waits for what is new.
 */
final class GeneratedTokens {

  private final TokenSampler sampler;
  private final List<int[]> stop;
  private final int width;

  /** [rows, steps] */
  private final int[][] ids;

  private final float @Nullable [][] probabilities;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** [rows]: how many tokens there are. */
  private final int[] counts;

  /** [rows]: whether a row has ended before its last step. */
  private final boolean[] stopped;

  /** [rows]: whether a row has ended by a number that is not finite. */
  private final boolean[] broken;

  private boolean closed;

  /**
   * @param stop the ids that end a row that ends with them
   */
  GeneratedTokens(GeneratePlan plan, GenerateRequest request, List<int[]> stop) {
    int rows = request.prompts().size();
    this.sampler = new TokenSampler(plan.probability(), request.sampling());
    this.stop = stop;
    this.width = plan.width();
    this.ids = new int[rows][request.maxSteps()];
    this.probabilities = request.returnProbabilities() ? new float[rows][request.maxSteps()] : null;
    this.counts = new int[rows];
    this.stopped = new boolean[rows];
    this.broken = new boolean[rows];
  }

  int rows() {
    return ids.length;
  }

  int maxSteps() {
    return ids[0].length;
  }

  /**
   * Draws a row's token of a step, unless it is there: a row may start over.
   *
   * @param outputs in which the model's numbers are, from {@code offset} on
   */
  void draw(int row, int step, float[] outputs, int offset) {
    // Only who has the row adds to it.
    if (step < count(row) || hasEnded(row)) {
      return;
    }
    int id = sampler.next(outputs, offset, width, row, step);
    if (id != TokenSampler.NONE && probabilities != null) {
      probabilities[row][step] = (float) sampler.probability(outputs, offset, width, id);
    }
    lock.lock();
    try {
      if (id == TokenSampler.NONE) {
        broken[row] = true;
      } else {
        ids[row][step] = id;
        counts[row] = step + 1;
        stopped[row] = stop.stream().anyMatch(each -> endsWith(row, each));
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private boolean endsWith(int row, int[] end) {
    int from = counts[row] - end.length;
    return from >= 0 && Arrays.equals(ids[row], from, counts[row], end, 0, end.length);
  }

  /** Whether a row has all its tokens. */
  boolean hasEnded(int row) {
    lock.lock();
    try {
      return stopped[row] || broken[row] || counts[row] == ids[row].length;
    } finally {
      lock.unlock();
    }
  }

  /** How many tokens a row has. */
  int count(int row) {
    lock.lock();
    try {
      return counts[row];
    } finally {
      lock.unlock();
    }
  }

  /** A token of a row that is there. */
  int id(int row, int step) {
    return ids[row][step];
  }

  /** How likely a token of a row was; null where not asked for. */
  @Nullable Float probability(int row, int step) {
    return probabilities == null ? null : Float.valueOf(probabilities[row][step]);
  }

  /** The tokens of a row that are there. */
  int[] ids(int row) {
    return Arrays.copyOf(ids[row], count(row));
  }

  /** How likely each of them was; null where not asked for. */
  float @Nullable [] probabilities(int row) {
    return probabilities == null ? null : Arrays.copyOf(probabilities[row], count(row));
  }

  GenerateResult.Finish finish(int row) {
    return stopped[row] ? GenerateResult.Finish.STOP : GenerateResult.Finish.LENGTH;
  }

  /**
   * @throws InferenceException.NotFinite if a number was not
   */
  void requireFinite() {
    for (int row = 0; row < broken.length; row++) {
      if (broken[row]) {
        throw new InferenceException.NotFinite(
            "the output of row %d is not finite at step %d".formatted(row, counts[row]));
      }
    }
  }

  /** No other token comes. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there are more tokens than those that were seen, none will come, or the time is up.
   *
   * @param seen [rows]
   * @return whether there are more
   */
  boolean awaitMore(int[] seen, long nanos) throws InterruptedException {
    lock.lock();
    try {
      long rest = nanos;
      while (Arrays.equals(seen, counts) && !closed && rest > 0) {
        rest = changed.awaitNanos(rest);
      }
      return !Arrays.equals(seen, counts);
    } finally {
      lock.unlock();
    }
  }
}
