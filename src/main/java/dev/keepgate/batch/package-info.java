/**
 * Admission and batching: bounded queues, and workers that take the requests of a model through it
 * together, a time step at a time. Starts the kernel and its backend.
 */
@NullMarked
package dev.keepgate.batch;

import org.jspecify.annotations.NullMarked;
