/** The use cases: a step and an unroll, from checked tensors to checked answers. */
@NullMarked
package dev.keepgate.inference;

import org.jspecify.annotations.NullMarked;
