/** The CPU's kernel: weights packed for small BLAS products, and fused gates in plain loops. */
@NullMarked
package dev.keepgate.kernel.cpu;

import org.jspecify.annotations.NullMarked;
