/** Starts the server; everything else has a room of its own. */
@NullMarked
package dev.keepgate;

import org.jspecify.annotations.NullMarked;
