/**
 * Traces: a request's span and the parts of its time below it, for a collector. Nothing of it is
 * there without a collector's address.
 */
@NullMarked
package dev.keepgate.tracing;

import org.jspecify.annotations.NullMarked;
