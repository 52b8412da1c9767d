/** Reads safetensors files. */
@NullMarked
package dev.keepgate.importer.safetensors;

import org.jspecify.annotations.NullMarked;
