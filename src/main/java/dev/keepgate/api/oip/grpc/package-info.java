/**
 * The Open Inference Protocol over gRPC: its service, its messages, and calls with their bounds.
 */
@NullMarked
package dev.keepgate.api.oip.grpc;

import org.jspecify.annotations.NullMarked;
