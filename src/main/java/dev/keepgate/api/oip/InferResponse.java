package dev.keepgate.api.oip;

import dev.keepgate.model.ModelId;
import dev.keepgate.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * What a request is answered.
 *
 * @param model the version that computed it
 * @param id the request's own
 * @param parameters what the sequence has become; empty where there is none
 * @param outputs by name, all FP32, in the order that was asked for
 */
public record InferResponse(
    ModelId model, String id, Map<String, Object> parameters, List<Output> outputs) {

  public record Output(String name, Tensor.Floats tensor) {}
}
