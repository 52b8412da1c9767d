/** Reads safetensors files. */
@NullMarked
package dev.keepgate.importer.file.safetensors;

import org.jspecify.annotations.NullMarked;
