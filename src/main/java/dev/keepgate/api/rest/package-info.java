/** The server's own HTTP interface under {@code /v1}: models, steps and unrolls. */
@NullMarked
package dev.keepgate.api.rest;

import org.jspecify.annotations.NullMarked;
