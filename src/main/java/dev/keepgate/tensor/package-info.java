/** Tensors between bytes and primitive arrays: JSON and safetensors bodies. */
@NullMarked
package dev.keepgate.tensor;

import org.jspecify.annotations.NullMarked;
