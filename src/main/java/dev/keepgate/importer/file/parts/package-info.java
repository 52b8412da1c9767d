/**
 * The files of an upload, before an importer reads them: which only describe, what is in an
 * archive, and what files are that no importer knows.
 */
@NullMarked
package dev.keepgate.importer.file.parts;

import org.jspecify.annotations.NullMarked;
