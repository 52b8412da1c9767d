/** Files of named tensors, whatever their container: what a container offers, within bounds. */
@NullMarked
package dev.keepgate.importer.file;

import org.jspecify.annotations.NullMarked;
