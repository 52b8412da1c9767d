/** Loads the native libraries below ND4J once, and tells what they run on. */
@NullMarked
package dev.keepgate.kernel.backend;

import org.jspecify.annotations.NullMarked;
