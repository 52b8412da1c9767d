/** Reads NumPy's npz files. */
@NullMarked
package dev.keepgate.importer.file.npz;

import org.jspecify.annotations.NullMarked;
