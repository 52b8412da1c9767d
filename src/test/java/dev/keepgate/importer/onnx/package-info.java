/** What is refused of ONNX files, and how. */
@NullMarked
package dev.keepgate.importer.onnx;

import org.jspecify.annotations.NullMarked;
