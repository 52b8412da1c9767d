/**
 * Files of named tensors, whatever their container: what a container offers, within bounds; below,
 * a package each for containers, and for archives and Protocol Buffers that containers use.
 */
@NullMarked
package dev.keepgate.importer.file;

import org.jspecify.annotations.NullMarked;
