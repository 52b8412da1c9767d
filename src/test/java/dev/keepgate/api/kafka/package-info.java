/** Records in, answers out, whatever dies meanwhile. */
@NullMarked
package dev.keepgate.api.kafka;

import org.jspecify.annotations.NullMarked;
