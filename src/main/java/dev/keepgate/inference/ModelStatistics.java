package dev.keepgate.inference;

import dev.keepgate.batch.BatchListener;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** What every version has been asked since it was loaded. */
public final class ModelStatistics implements InferenceListener, BatchListener, ModelListener {

  private final ConcurrentMap<ModelId, Tallies> tallies = new ConcurrentHashMap<>();

  /** Lanes know models and not their names; a model that is gone takes its count with it. */
  private final Map<CompiledModel, LongAdder> executions =
      Collections.synchronizedMap(new WeakHashMap<>());

  /** How often, and for how long all together. */
  public record Total(long count, long nanos) {}

  /**
   * One version's statistics.
   *
   * @param lastInferenceMillis when the last request was answered, since the epoch; 0 for never
   * @param inferences rows computed
   * @param executions calls of the kernel: a step of all rows that a lane has together, or a whole
   *     unroll
   * @param stages what went into the parts of requests
   */
  public record Statistics(
      long lastInferenceMillis,
      long inferences,
      long executions,
      Total success,
      Total fail,
      Map<Stage, Total> stages) {}

  private static final class Tally {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(Duration took) {
      count.increment();
      nanos.add(took.toNanos());
    }

    Total total() {
      return new Total(count.sum(), nanos.sum());
    }
  }

  private static final class Tallies {
    private final LongAdder inferences = new LongAdder();
    private final Tally success = new Tally();
    private final Tally fail = new Tally();
    private final Map<Stage, Tally> stages = new EnumMap<>(Stage.class);
    private volatile long lastInferenceMillis;

    Tallies() {
      for (Stage stage : Stage.values()) {
        stages.put(stage, new Tally());
      }
    }

    Tally stage(Stage stage) {
      return Objects.requireNonNull(stages.get(stage));
    }
  }

  /** What the version that is held has been asked so far. */
  public Statistics of(ModelHandle handle) {
    Tallies of = tallies(handle.id());
    Map<Stage, Total> stages = new EnumMap<>(Stage.class);
    of.stages.forEach((stage, tally) -> stages.put(stage, tally.total()));
    return new Statistics(
        of.lastInferenceMillis,
        of.inferences.sum(),
        executions(handle.model()).sum(),
        of.success.total(),
        of.fail.total(),
        stages);
  }

  private Tallies tallies(ModelId model) {
    Tallies known = tallies.get(model);
    return known != null ? known : tallies.computeIfAbsent(model, id -> new Tallies());
  }

  private LongAdder executions(CompiledModel model) {
    return executions.computeIfAbsent(model, key -> new LongAdder());
  }

  @Override
  public void stage(ModelId model, Operation operation, Stage stage, Duration took) {
    tallies(model).stage(stage).add(took);
  }

  @Override
  public void computed(ModelId model, Operation operation, int rows, long steps) {
    tallies(model).inferences.add(rows);
  }

  @Override
  public void answered(ModelId model, Operation operation, boolean success, Duration took) {
    Tallies of = tallies(model);
    (success ? of.success : of.fail).add(took);
    of.lastInferenceMillis = System.currentTimeMillis();
  }

  @Override
  public void stepping(CompiledModel model, int rows) {
    executions(model).increment();
  }

  @Override
  public void unrolling(CompiledModel model, int rows) {
    executions(model).increment();
  }

  @Override
  public void unloaded(ModelInfo model) {
    tallies.remove(model.id());
  }
}
