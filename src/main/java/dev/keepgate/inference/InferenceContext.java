package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import io.micrometer.observation.Observation;
import java.util.Arrays;

/**
 * What is observed of a request. The stages' times are read when the observation stops: an
 * observation each would cost a small step more than its arithmetic.
 */
@SuppressWarnings("EnumOrdinal") // A long a stage, without an object for each.
public final class InferenceContext extends Observation.Context {

  /** The name of the observation. */
  public static final String NAME = "keepgate.inference";

  private static final long NOT_REACHED = -1;

  private final long begun = System.nanoTime();
  private final long[] stages = new long[Stage.values().length];
  private ModelHandle handle;
  private Operation operation;
  private int rows;
  private long steps;
  private boolean success;
  private long took;

  InferenceContext(ModelHandle handle, Operation operation) {
    this.handle = handle;
    this.operation = operation;
    Arrays.fill(stages, NOT_REACHED);
  }

  void model(ModelHandle other) {
    this.handle = other;
  }

  void operation(Operation known) {
    this.operation = known;
  }

  void stage(Stage stage, long nanos) {
    stages[stage.ordinal()] = Math.max(0, nanos);
  }

  /** Adds to what a stage took before. */
  void addTo(Stage stage, long nanos) {
    stage(stage, Math.max(0, stages[stage.ordinal()]) + nanos);
  }

  void computed(int batch, long allSteps) {
    rows = batch;
    steps = allSteps;
  }

  /** The client has its answer. */
  void answered() {
    success = true;
  }

  void end() {
    took = System.nanoTime() - begun;
  }

  /** {@link System#nanoTime()} when the request was known to be there. */
  long begun() {
    return begun;
  }

  /** The version that is asked; open until the observation has stopped. */
  ModelHandle handle() {
    return handle;
  }

  public ModelId model() {
    return handle.id();
  }

  public Operation operation() {
    return operation;
  }

  /** How long a stage took, in nanoseconds; negative where the request did not come to it. */
  public long stage(Stage stage) {
    return stages[stage.ordinal()];
  }

  /** Rows computed; 0 where the request was not computed. */
  public int rows() {
    return rows;
  }

  /** Steps computed, of all rows together. */
  public long steps() {
    return steps;
  }

  /** Whether it was answered as it was asked. */
  public boolean isSuccess() {
    return success;
  }

  /** Time from when the request was known to its answer's last byte, in nanoseconds. */
  public long took() {
    return took;
  }
}
