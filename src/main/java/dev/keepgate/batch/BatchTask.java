package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.model.LstmInput;
import java.util.OptionalLong;

/**
 * One request to compute.
 *
 * @param model what computes it; it stays open until {@code finished} has run
 * @param input what goes in
 * @param returnSequences whether to answer every step
 * @param trace whether to answer the gates as well
 * @param deadline {@link System#nanoTime()} past which nobody waits for the answer
 * @param steps is told of every step
 * @param finished runs once when no lane will touch the model for this task any more
 */
public record BatchTask(
    CompiledModel model,
    LstmInput input,
    boolean returnSequences,
    boolean trace,
    OptionalLong deadline,
    StepListener steps,
    Runnable finished) {

  boolean isLate(long nanoTime) {
    return deadline.isPresent() && nanoTime - deadline.getAsLong() > 0;
  }
}
