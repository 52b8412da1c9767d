/** Safetensors files as containers of named tensors. */
@NullMarked
package dev.keepgate.importer.file.safetensors;

import org.jspecify.annotations.NullMarked;
