/**
 * Reads Python's pickles as data: a machine that knows the format, and never runs what it names.
 */
@NullMarked
package dev.keepgate.importer.file.pickle;

import org.jspecify.annotations.NullMarked;
