package dev.keepgate.inference;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.Distribution.Parameter;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes the numbers of forecast steps of what a network answers. Rows may be with several workers
 * at once.
 */
sealed interface ForecastHead {

  /** How many numbers of each step are kept; first come those that are fed back. */
  int kept();

  /**
   * Reads a step.
   *
   * @param answer the network's, a row's from {@code from} on
   * @param path which of all paths
   * @param step of the forecast
   * @param into where the numbers go, from {@code to} on
   */
  void read(float[] answer, int from, int path, int step, float[] into, int to);

  /** The answer is the next reading itself. */
  record Point(ForecastPlan plan) implements ForecastHead {

    @Override
    public int kept() {
      return plan.width();
    }

    @Override
    public void read(float[] answer, int from, int path, int step, float[] into, int to) {
      int first = plan.first(step);
      int[] at = plan.layout().at()[0];
      for (int i = 0; i < plan.width(); i++) {
        into[to + i] = answer[from + at[first + i]];
      }
    }
  }

  /**
   * The answer is a distribution, of which each path draws its own next reading: the same by its
   * seed, path and step, whoever computes it and when. It is NaN where the answer is no
   * distribution.
   */
  record Drawn(ForecastPlan plan, Distribution distribution, long seed) implements ForecastHead {

    /** The golden ratio's, as SplitMix64 steps by. */
    private static final long GAMMA = 0x9e3779b97f4a7c15L;

    @Override
    public int kept() {
      return plan.width();
    }

    @Override
    public void read(float[] answer, int from, int path, int step, float[] into, int to) {
      long mixed = mix(mix(mix(seed) + GAMMA * path) + GAMMA * step);
      SplittableRandom random = new SplittableRandom(mixed);
      List<Parameter> parameters = distribution.parameters();
      double[] values = new double[parameters.size()];
      int first = plan.first(step);
      for (int i = 0; i < plan.width(); i++) {
        boolean isAllowed = true;
        for (int p = 0; p < values.length; p++) {
          Parameter parameter = parameters.get(p);
          values[p] = parameter.link().apply(answer[from + plan.layout().at()[p][first + i]]);
          isAllowed &= parameter.allows(values[p]);
        }
        into[to + i] =
            isAllowed ? (float) Draws.draw(distribution, values, random::nextLong) : Float.NaN;
      }
    }

    /** The finalizer of SplitMix64 (Stafford's 13th). */
    private static long mix(long bits) {
      long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
      mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
      return mixed ^ (mixed >>> 31);
    }
  }

  /**
   * The answer is quantiles, of which the median is fed back.
   *
   * @param median which of the levels
   */
  record Quantiles(ForecastPlan plan, List<Double> levels, int median) implements ForecastHead {

    static Quantiles of(ForecastPlan plan, Distribution distribution) {
      List<Double> levels = distribution.parameters().stream().map(Parameter::level).toList();
      return new Quantiles(plan, levels, levels.indexOf(0.5));
    }

    @Override
    public int kept() {
      return plan.width() * (1 + levels.size());
    }

    /** Where the numbers of a level begin among those that are kept. */
    int first(double level) {
      return plan.width() * (1 + levels.indexOf(level));
    }

    @Override
    public void read(float[] answer, int from, int path, int step, float[] into, int to) {
      copy(median, answer, from, step, into, to);
      for (int level = 0; level < levels.size(); level++) {
        copy(level, answer, from, step, into, to + (1 + level) * plan.width());
      }
    }

    private void copy(int level, float[] answer, int from, int step, float[] into, int to) {
      int first = plan.first(step);
      for (int i = 0; i < plan.width(); i++) {
        into[to + i] = answer[from + plan.layout().at()[level][first + i]];
      }
    }
  }
}
