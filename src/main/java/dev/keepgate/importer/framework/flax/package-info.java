/** How Flax names and lays out the numbers of an LSTM. */
@NullMarked
package dev.keepgate.importer.framework.flax;

import org.jspecify.annotations.NullMarked;
