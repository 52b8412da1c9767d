/** Tests of the room. */
@NullMarked
package dev.keepgate.memory;

import org.jspecify.annotations.NullMarked;
