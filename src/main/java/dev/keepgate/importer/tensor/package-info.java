/**
 * Named tensors of a file, read one at a time, and the conventions by which frameworks name them.
 */
@NullMarked
package dev.keepgate.importer.tensor;

import org.jspecify.annotations.NullMarked;
