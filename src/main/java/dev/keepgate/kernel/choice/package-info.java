/** Which kernel computes, as configured. */
@NullMarked
package dev.keepgate.kernel.choice;

import org.jspecify.annotations.NullMarked;
