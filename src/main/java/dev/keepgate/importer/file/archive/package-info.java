/** Zip archives as frameworks save them: a few entries of known names, nothing unpacked by name. */
@NullMarked
package dev.keepgate.importer.file.archive;

import org.jspecify.annotations.NullMarked;
