/** The Open Inference Protocol as its clients speak it. */
@NullMarked
package dev.keepgate.api.oip.grpc;

import org.jspecify.annotations.NullMarked;
