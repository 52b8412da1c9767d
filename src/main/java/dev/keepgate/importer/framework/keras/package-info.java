/** Reads whole models of Keras 2 and 3: what the layers are from JSON, their numbers from HDF5. */
@NullMarked
package dev.keepgate.importer.framework.keras;

import org.jspecify.annotations.NullMarked;
