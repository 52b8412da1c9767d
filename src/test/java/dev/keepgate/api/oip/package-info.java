/** The Open Inference Protocol as its clients speak it. */
@NullMarked
package dev.keepgate.api.oip;

import org.jspecify.annotations.NullMarked;
