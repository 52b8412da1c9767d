package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.Probability;
import java.util.Arrays;

/**
 * Draws the next token from a model's output. What it draws follows from the seed, the row and the
 * step alone: rows may start over, and share batches with any others.
 */
final class TokenSampler {

  /** No token: a number is not finite. */
  static final int NONE = -1;

  /** The odd integer next to 2^64 divided by the golden ratio (Steele, Lea and Flood, 2014). */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final Probability probability;
  private final Sampling sampling;

  /**
   * @param probability how the output's numbers become probabilities
   */
  TokenSampler(Probability probability, Sampling sampling) {
    this.probability = probability;
    this.sampling = sampling;
  }

  /**
   * The next token of a row.
   *
   * @param outputs in which the model's numbers are, from {@code from} on
   * @param width how many ids there are
   * @return its id; {@link #NONE} where the numbers are not finite
   */
  int next(float[] outputs, int from, int width, int row, int step) {
    int most = likeliest(outputs, from, width);
    return most == NONE || sampling.isGreedy()
        ? most
        : draw(Arrays.copyOfRange(outputs, from, from + width), most, uniform(row, step));
  }

  /** Of equal numbers the first. */
  private static int likeliest(float[] outputs, int from, int width) {
    int most = 0;
    for (int id = 0; id < width; id++) {
      if (!Float.isFinite(outputs[from + id])) {
        return NONE;
      }
      if (outputs[from + id] > outputs[from + most]) {
        most = id;
      }
    }
    return most;
  }

  /**
   * @param uniform from 0 to 1, exclusive
   */
  private int draw(float[] outputs, int most, double uniform) {
    int[] order = candidates(outputs);
    double[] weights = new double[order.length];
    double best = score(outputs[most]);
    double total = 0;
    for (int i = 0; i < order.length; i++) {
      double score = score(outputs[order[i]]);
      // Of two that are both impossible the difference is no number.
      weights[i] = score == best ? 1 : Math.exp((score - best) / sampling.temperature());
      total += weights[i];
    }
    int kept = order.length;
    if (sampling.topP() < 1) {
      double wanted = sampling.topP() * total;
      total = weights[0];
      for (kept = 1; kept < order.length && total < wanted; kept++) {
        total += weights[kept];
      }
    }
    double rest = uniform * total;
    int last = 0;
    for (int i = 0; i < kept; i++) {
      if (weights[i] > 0) {
        last = i;
        rest -= weights[i];
        if (rest < 0) {
          break;
        }
      }
    }
    return order[last];
  }

  /** The ids among which one is drawn, the likeliest first where that matters. */
  private int[] candidates(float[] outputs) {
    int[] order = new int[outputs.length];
    if (!isCut(outputs.length) && sampling.topP() == 1) {
      Arrays.setAll(order, id -> id);
      return order;
    }
    long[] keys = new long[outputs.length];
    for (int id = 0; id < keys.length; id++) {
      // As integers floats are in order, negative ones in the other; no zero is negative.
      int bits = Float.floatToIntBits(outputs[id] + 0f);
      int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
      keys[id] = ((long) ~ascending << 32) | id;
    }
    Arrays.sort(keys);
    int count = isCut(keys.length) ? sampling.topK() : keys.length;
    return Arrays.stream(keys, 0, count).mapToInt(key -> (int) key).toArray();
  }

  /** Whether some of so many ids are none of the likeliest. */
  private boolean isCut(int ids) {
    return sampling.topK() > 0 && sampling.topK() < ids;
  }

  /** The logarithm of a probability, but for a number that all have in common. */
  private double score(float output) {
    return probability == Probability.AS_THEY_ARE ? Math.log(output) : output;
  }

  /** From 0 to 1, exclusive, in steps of 2^-53. */
  private double uniform(int row, int step) {
    long stream = mixed(sampling.seed() + GOLDEN) + GOLDEN * (row + 1L);
    return (mixed(mixed(stream) + GOLDEN * (step + 1L)) >>> 11) * 0x1p-53;
  }

  /** SplitMix64's finalizer. */
  private static long mixed(long number) {
    long mixed = (number ^ (number >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /**
   * How likely an id was to the model, before the temperature.
   *
   * @param outputs in which the model's numbers are, from {@code from} on
   */
  double probability(float[] outputs, int from, int width, int id) {
    float own = outputs[from + id];
    return switch (probability) {
      case AS_THEY_ARE -> own;
      case EXPONENTIAL -> Math.exp(own);
      default -> {
        double sum = 0;
        for (int other = 0; other < width; other++) {
          sum += Math.exp((double) outputs[from + other] - own);
        }
        yield 1 / sum;
      }
    };
  }
}
