package dev.keepgate.api.oip;

import dev.keepgate.tensor.Tensor;

/** A tensor by the name that the protocol's requests and answers give it. */
public record NamedTensor(String name, Tensor tensor) {}
