package dev.keepgate.inference;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a client wants a sequence to begin.
 *
 * @param id what to call it; null for an id of the server's making
 * @param batch how many rows step together
 * @param step how many steps lie behind it: 0 for a new one, another number for an import; at most
 *     {@link StepNumber#MAX_BEHIND}
 * @param ttl how long it is to outlive its last step; null for the server's own
 * @param state null for zeros
 * @param fields what the client calls the tensors, for errors
 */
public record OpenRequest(
    @Nullable String id,
    int batch,
    long step,
    @Nullable Duration ttl,
    InferenceRequest.@Nullable State state,
    InferenceRequest.Fields fields) {}
