/** Reads the files of {@code torch.save}: the data of their pickles, never their code. */
@NullMarked
package dev.keepgate.importer.file.torch;

import org.jspecify.annotations.NullMarked;
