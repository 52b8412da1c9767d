/**
 * How layers follow each other, whatever kernel computes each: chains of packed steps, and graphs
 * whose nodes are layers and functions of whole tensors.
 */
@NullMarked
package dev.keepgate.kernel.layer;

import org.jspecify.annotations.NullMarked;
