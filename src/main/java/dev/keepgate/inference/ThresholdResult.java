package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings.Detection;
import org.jspecify.annotations.Nullable;

/**
 * A threshold that was made of usual data.
 *
 * @param id the version whose errors it was made of
 * @param detection the threshold, and the error that it is of
 * @param quantile of the errors
 * @param errors how many there were
 * @param kept the version that has the threshold; null where none was to be made
 */
public record ThresholdResult(
    ModelId id, Detection detection, double quantile, int errors, @Nullable ModelId kept) {}
