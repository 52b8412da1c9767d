/** How Flax names and lays out the numbers of an LSTM. */
@NullMarked
package dev.keepgate.importer.flax;

import org.jspecify.annotations.NullMarked;
