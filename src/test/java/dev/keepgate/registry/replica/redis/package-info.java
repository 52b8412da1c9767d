/** The catalog of the replicas against a real Redis. */
@NullMarked
package dev.keepgate.registry.replica.redis;

import org.jspecify.annotations.NullMarked;
