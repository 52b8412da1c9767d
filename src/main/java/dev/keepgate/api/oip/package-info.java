/** The Open Inference Protocol (KServe V2, Triton) over HTTP and gRPC. */
@NullMarked
package dev.keepgate.api.oip;

import org.jspecify.annotations.NullMarked;
