/**
 * What replicas agree on, in Redis or Valkey. A room of its own, since nothing else of the registry
 * changes where it is agreed on.
 */
@NullMarked
package dev.keepgate.registry.replica.redis;

import org.jspecify.annotations.NullMarked;
