package dev.keepgate.registry;

import dev.keepgate.model.ExpectedAnswers.Tolerance;

/**
 * How near a model came to what it is to answer, when it was loaded last.
 *
 * @param cases how many there are, all within their tolerance
 * @param largestDifference of any number, in the numbers of its case
 * @param tolerance the widest of the cases
 */
public record AnswersFound(int cases, double largestDifference, Tolerance tolerance) {}
