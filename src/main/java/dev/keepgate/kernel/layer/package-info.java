/** How layers follow each other, whatever kernel computes each: packed steps, merges and masks. */
@NullMarked
package dev.keepgate.kernel.layer;

import org.jspecify.annotations.NullMarked;
