/** What is refused of ONNX files, and how. */
@NullMarked
package dev.keepgate.importer.framework.onnx;

import org.jspecify.annotations.NullMarked;
