package dev.keepgate.sequence;

/**
 * The result of the last step of a sequence, kept for a client that did not receive it.
 *
 * @param unrolled whether it was a chunk of steps rather than a single one
 * @param time how many steps
 * @param sequences whether {@code output} has every step
 * @param batched whether the result has a batch dimension
 * @param output the numbers, row-major
 */
public record StepResult(
    boolean unrolled, int time, boolean sequences, boolean batched, float[] output) {}
