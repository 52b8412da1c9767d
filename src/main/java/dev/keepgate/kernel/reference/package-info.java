/** The oracle: plain loops in double precision that share no code with what they judge. */
@NullMarked
package dev.keepgate.kernel.reference;

import org.jspecify.annotations.NullMarked;
