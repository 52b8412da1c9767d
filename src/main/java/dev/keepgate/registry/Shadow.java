package dev.keepgate.registry;

import dev.keepgate.model.ModelId;

/**
 * A version that is sent what another one was asked, and whose answers nobody gets.
 *
 * @param label by which it is one
 * @param model the version
 * @param share of the other's requests, more than 0 and at most 1
 */
public record Shadow(String label, ModelId model, double share) {}
