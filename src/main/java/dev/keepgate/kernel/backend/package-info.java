/** Loads the native libraries below ND4J once, and reports what they run on: BLAS, CPU, GPU. */
@NullMarked
package dev.keepgate.kernel.backend;

import org.jspecify.annotations.NullMarked;
