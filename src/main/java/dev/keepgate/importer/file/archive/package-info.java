/** Zip archives of unknown origin, read within bounds and held against their checksums. */
@NullMarked
package dev.keepgate.importer.file.archive;

import org.jspecify.annotations.NullMarked;
