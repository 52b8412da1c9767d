/** The Open Inference Protocol's tensors and names. */
@NullMarked
package dev.keepgate.api.oip;

import org.jspecify.annotations.NullMarked;
