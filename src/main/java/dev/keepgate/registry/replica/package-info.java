/**
 * What all replicas agree on, and how one keeps in step with the others; by what they agree is the
 * package behind {@link dev.keepgate.registry.replica.SharedCatalog}.
 */
@NullMarked
package dev.keepgate.registry.replica;

import org.jspecify.annotations.NullMarked;
