package dev.keepgate.inference;

/**
 * Makes the result of a step or an unroll into a protocol's bytes.
 *
 * @param <R> what becomes of it
 */
public interface ResultEncoder<R> extends AnswerEncoder<InferenceResult, R> {}
