/** Reads TensorFlow's checkpoints: an index, and the bytes of the variables beside it. */
@NullMarked
package dev.keepgate.importer.file.checkpoint;

import org.jspecify.annotations.NullMarked;
