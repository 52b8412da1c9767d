/** The Open Inference Protocol as its clients speak it. */
@NullMarked
package dev.keepgate.api.oip.http;

import org.jspecify.annotations.NullMarked;
