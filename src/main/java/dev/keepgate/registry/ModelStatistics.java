package dev.keepgate.registry;

import java.util.concurrent.atomic.LongAdder;

/**
 * What a version has been asked since it was loaded: it comes and goes with the loaded model, so a
 * version that drains and its successor of the same number do not share one.
 */
public final class ModelStatistics {

  /** Requests answered as they were asked, and others. */
  public final Tally success = new Tally();

  public final Tally fail = new Tally();

  /** The parts of requests' time. */
  public final Tally read = new Tally();

  public final Tally queue = new Tally();
  public final Tally compute = new Tally();
  public final Tally write = new Tally();

  private final LongAdder inferences = new LongAdder();
  private final LongAdder executions = new LongAdder();
  private volatile long lastInferenceMillis;

  /** How often, and for how long all together. */
  public record Total(long count, long nanos) {}

  /** A sum of durations. */
  public static final class Tally {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    public void add(long took) {
      count.increment();
      nanos.add(took);
    }

    public Total total() {
      return new Total(count.sum(), nanos.sum());
    }
  }

  /** Rows were computed. */
  public void inferred(int rows) {
    inferences.add(rows);
    lastInferenceMillis = System.currentTimeMillis();
  }

  /** The kernel was called: for a step of all rows of a batch, or for a whole unroll. */
  public void executed() {
    executions.increment();
  }

  /** Rows computed. */
  public long inferences() {
    return inferences.sum();
  }

  /** Calls of the kernel. */
  public long executions() {
    return executions.sum();
  }

  /** When rows were computed last, in milliseconds since the epoch; 0 for never. */
  public long lastInferenceMillis() {
    return lastInferenceMillis;
  }
}
