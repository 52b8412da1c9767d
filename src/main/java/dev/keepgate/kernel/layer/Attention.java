package dev.keepgate.kernel.layer;

import java.util.List;

/**
 * Weighs values by how well each key fits a query. Keys of masked steps weigh nothing, and a masked
 * query gets zeros.
 */
final class Attention {

  private final Value query;
  private final Value key;
  private final Value value;
  private final int heads;
  private final boolean isCausal;

  /**
   * @param inputs query [batch, Tq, heads * d], key [batch, Tv, heads * d], value [batch, Tv, heads
   *     * e]
   */
  Attention(List<Value> inputs, int heads, boolean isCausal) {
    this.query = inputs.get(0);
    this.key = inputs.get(1);
    this.value = inputs.get(2);
    this.heads = heads;
    this.isCausal = isCausal;
  }

  /** How well a key fits a query. */
  interface Score {
    double of(Vector query, Vector key);
  }

  /** A part of an array. */
  record Vector(float[] data, int from, int width) {
    double times(Vector other) {
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += (double) data[from + i] * other.data[other.from + i];
      }
      return sum;
    }

    /** sum(scale * tanh(this + other)) */
    double additive(Vector other, float[] scale) {
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += scale[i] * Math.tanh((double) data[from + i] + other.data[other.from + i]);
      }
      return sum;
    }
  }

  Value apply(Score score) {
    int queries = query.dims()[1];
    int keys = key.dims()[1];
    int width = query.width() / heads;
    Value result = Value.zero(query.batch(), queries, value.width());
    double[] weights = new double[keys];
    for (int row = 0; row < query.batch(); row++) {
      for (int t = 0; t < queries; t++) {
        for (int head = 0; head < heads && counts(query, row, t); head++) {
          int from = ((row * queries + t) * heads + head) * width;
          Vector own = new Vector(query.data(), from, width);
          for (int s = 0; s < keys; s++) {
            boolean isSeen = counts(key, row, s) && !(isCausal && s > t);
            int at = ((row * keys + s) * heads + head) * width;
            weights[s] =
                isSeen
                    ? score.of(own, new Vector(key.data(), at, width))
                    : Double.NEGATIVE_INFINITY;
          }
          Products.softmaxInPlace(weights);
          sum(weights, row, head, result.data(), row * queries + t);
        }
      }
    }
    return result.masked(query.present());
  }

  private static boolean counts(Value value, int row, int step) {
    return value.present() == null || value.present()[row][step];
  }

  private void sum(double[] weights, int row, int head, float[] into, int step) {
    int width = value.width() / heads;
    int to = (step * heads + head) * width;
    for (int j = 0; j < width; j++) {
      double sum = 0;
      for (int s = 0; s < weights.length; s++) {
        sum += weights[s] * value.data()[((row * weights.length + s) * heads + head) * width + j];
      }
      into[to + j] = (float) sum;
    }
  }
}
