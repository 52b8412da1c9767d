/** What every interface over HTTP shares: bounded bodies, and errors in one shape a protocol. */
@NullMarked
package dev.keepgate.api.http;

import org.jspecify.annotations.NullMarked;
