/** Numbers in arrays, and the formats that carry them: their types, JSON and safetensors. */
@NullMarked
package dev.keepgate.tensor;

import org.jspecify.annotations.NullMarked;
