/**
 * The server's own HTTP interface under {@code /v1}: models, steps, unrolls, forecasts, texts and
 * sequences.
 */
@NullMarked
package dev.keepgate.api.rest;

import org.jspecify.annotations.NullMarked;
