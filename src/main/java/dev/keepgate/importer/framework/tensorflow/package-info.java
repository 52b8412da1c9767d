/** How TensorFlow 1 names and lays out the numbers of an LSTM. */
@NullMarked
package dev.keepgate.importer.framework.tensorflow;

import org.jspecify.annotations.NullMarked;
