/**
 * Who computes together and when: workers that take a model a time step at a time, and the bounded
 * queues before them.
 */
@NullMarked
package dev.keepgate.batch;

import org.jspecify.annotations.NullMarked;
