/**
 * Reads HDF5 files on jHDF's parts, within bounds that jHDF's own API does not keep: it allocates
 * what a file claims and follows what a file links.
 */
@NullMarked
package dev.keepgate.importer.file.hdf5;

import org.jspecify.annotations.NullMarked;
