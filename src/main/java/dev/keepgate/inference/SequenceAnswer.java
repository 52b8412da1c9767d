package dev.keepgate.inference;

/**
 * What a step of a sequence is answered.
 *
 * @param answer the numbers; the same for a repeated step as at first
 * @param step how many steps the sequence has taken
 */
public record SequenceAnswer(Answer answer, long step) {}
