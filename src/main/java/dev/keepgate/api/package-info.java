/** The doors of the server: one room a protocol, and the tensor codec that they share. */
@NullMarked
package dev.keepgate.api;

import org.jspecify.annotations.NullMarked;
