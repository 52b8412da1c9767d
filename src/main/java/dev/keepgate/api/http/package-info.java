/**
 * What every interface over HTTP shares: the connector and its bounds, bodies, cross-origin rules,
 * request ids, shutdown, and errors in one shape a protocol.
 */
@NullMarked
package dev.keepgate.api.http;

import org.jspecify.annotations.NullMarked;
