/**
 * How memory is divided, and asked for before it is taken: the machine's parts, and what requests
 * hold while they are in flight.
 */
@NullMarked
package dev.keepgate.memory;

import org.jspecify.annotations.NullMarked;
