/** Measures the kernels beside their peers, on the same numbers, in the same process. */
@NullMarked
package dev.keepgate.bench;

import org.jspecify.annotations.NullMarked;
