package dev.keepgate.sequence;

/**
 * What the last step of a sequence was answered, kept for the client that did not hear it.
 *
 * @param unrolled whether it was a chunk of steps rather than a single one
 * @param time how many steps
 * @param sequences whether {@code output} has every step
 * @param batched whether the answer has a batch dimension
 * @param output the numbers, row-major
 */
public record StepAnswer(
    boolean unrolled, int time, boolean sequences, boolean batched, float[] output) {}
