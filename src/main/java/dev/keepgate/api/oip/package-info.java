/** What the Open Inference Protocol (KServe V2, Triton) says alike over HTTP and gRPC. */
@NullMarked
package dev.keepgate.api.oip;

import org.jspecify.annotations.NullMarked;
