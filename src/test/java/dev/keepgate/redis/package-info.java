/** Tests of how this server talks to Redis. */
@NullMarked
package dev.keepgate.redis;

import org.jspecify.annotations.NullMarked;
