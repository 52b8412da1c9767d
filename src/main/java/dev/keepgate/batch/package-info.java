/** Who computes when: the lanes that run the arithmetic, and the bounded queue before them. */
@NullMarked
package dev.keepgate.batch;

import org.jspecify.annotations.NullMarked;
