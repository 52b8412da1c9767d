/** How this server talks to Redis or Valkey, for whatever rooms keep something there. */
@NullMarked
package dev.keepgate.redis;

import org.jspecify.annotations.NullMarked;
