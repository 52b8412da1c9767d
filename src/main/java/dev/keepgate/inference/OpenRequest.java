package dev.keepgate.inference;

import dev.keepgate.model.Tensor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a client wants a sequence to begin.
 *
 * @param id what to call it; null for an id of the server's making
 * @param batch how many rows step together
 * @param step how many steps lie behind it: 0 for a new one, another number for an import
 * @param ttl how long it is to outlive its last step; null for the server's own
 * @param h the state's h as {@link InferenceRequest} has it; null for zeros
 * @param c likewise
 * @param fields what the client calls the tensors, for errors
 */
public record OpenRequest(
    @Nullable String id,
    int batch,
    long step,
    @Nullable Duration ttl,
    @Nullable List<Tensor> h,
    @Nullable List<Tensor> c,
    InferenceRequest.Fields fields) {}
