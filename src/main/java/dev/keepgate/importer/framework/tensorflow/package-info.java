/** How TensorFlow names and lays out the numbers of an LSTM: its own cells', and Keras'. */
@NullMarked
package dev.keepgate.importer.framework.tensorflow;

import org.jspecify.annotations.NullMarked;
