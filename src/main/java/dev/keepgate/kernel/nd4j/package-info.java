/** The kernel of ND4J's own ops, which a GPU runs as well. */
@NullMarked
package dev.keepgate.kernel.nd4j;

import org.jspecify.annotations.NullMarked;
