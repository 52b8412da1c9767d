/** Reads the files of {@code torch.save}: the data of their pickles, never their code. */
@NullMarked
package dev.keepgate.importer.torchfile;

import org.jspecify.annotations.NullMarked;
