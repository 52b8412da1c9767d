/** Tests of the use cases, below the protocols. */
@NullMarked
package dev.keepgate.inference;

import org.jspecify.annotations.NullMarked;
