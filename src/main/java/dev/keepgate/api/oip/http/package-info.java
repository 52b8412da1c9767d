/** The Open Inference Protocol over HTTP: its paths, its JSON, and tensors as bytes behind it. */
@NullMarked
package dev.keepgate.api.oip.http;

import org.jspecify.annotations.NullMarked;
