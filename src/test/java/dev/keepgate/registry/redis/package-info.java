/** The catalog of the replicas against a real Redis. */
@NullMarked
package dev.keepgate.registry.redis;

import org.jspecify.annotations.NullMarked;
