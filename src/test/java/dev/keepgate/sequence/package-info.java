/** Tests of the stores, and of steps that race. */
@NullMarked
package dev.keepgate.sequence;

import org.jspecify.annotations.NullMarked;
