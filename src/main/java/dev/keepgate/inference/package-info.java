/**
 * The use cases, each once for all protocols: step, unroll, forecast, generate and sequences, from
 * admission and decoding to a validated result; the list of error codes; statistics of each model.
 */
@NullMarked
package dev.keepgate.inference;

import org.jspecify.annotations.NullMarked;
