package dev.keepgate.inference;

/**
 * What a client wants a threshold made of.
 *
 * @param usual data in which nothing is unusual
 * @param quantile of the errors of this data, from 0 to 1: all but so many are at most the
 *     threshold
 * @param keep whether to make a version of the model that has the threshold
 */
public record ThresholdRequest(DetectionRequest usual, double quantile, boolean keep) {}
