/** Reads NumPy's npz files. */
@NullMarked
package dev.keepgate.importer.npz;

import org.jspecify.annotations.NullMarked;
