package dev.keepgate.api.rest;

import dev.keepgate.inference.InferenceRequest;
import java.util.OptionalLong;

/**
 * A step of a sequence as a client sent it.
 *
 * @param request the tensors; without a state, which the server has
 * @param step the number that the step is to have; empty where it is not said
 * @param returnState whether to answer the state as well
 */
record SequenceStepRequest(InferenceRequest request, OptionalLong step, boolean returnState) {}
