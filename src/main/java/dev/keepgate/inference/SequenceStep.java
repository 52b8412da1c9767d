package dev.keepgate.inference;

/**
 * What a request says of the sequence that it is a step of.
 *
 * @param id the sequence
 * @param start whether the request opens it
 * @param end whether the request is its last
 * @param field what the client calls the id, for errors
 */
public record SequenceStep(String id, boolean start, boolean end, String field) {}
