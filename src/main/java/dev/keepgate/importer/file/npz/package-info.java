/** NumPy's npz files as containers of named tensors. */
@NullMarked
package dev.keepgate.importer.file.npz;

import org.jspecify.annotations.NullMarked;
