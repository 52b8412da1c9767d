package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.model.ModelSettings.Metric;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants looked at for what is not usual, not yet held against a model.
 *
 * @param input as for an unroll
 * @param kind of the error; null for the model's own
 * @param metric how errors become one number; null for the model's own
 * @param threshold the largest error that is usual, from 0 on; null for the model's own
 */
public record DetectionRequest(
    InferenceRequest input,
    @Nullable DetectionKind kind,
    @Nullable Metric metric,
    @Nullable Double threshold) {}
