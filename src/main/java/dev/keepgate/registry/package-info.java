/**
 * Which models are loaded, where their files are kept, what all replicas agree on, and who borrows
 * a model; knows nothing of requests, nor by what the replicas agree: that is a room behind {@link
 * dev.keepgate.registry.SharedCatalog}.
 */
@NullMarked
package dev.keepgate.registry;

import org.jspecify.annotations.NullMarked;
