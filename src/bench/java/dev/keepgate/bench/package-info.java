/**
 * Measures the kernels beside their peers, on the same numbers, in the same process, and servers
 * under requests of {@code wrk} and {@code h2load}.
 */
@NullMarked
package dev.keepgate.bench;

import org.jspecify.annotations.NullMarked;
