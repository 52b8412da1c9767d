/**
 * Reads ONNX models: recurrent layers and what exporters put around it, told by following the data.
 */
@NullMarked
package dev.keepgate.importer.framework.onnx;

import org.jspecify.annotations.NullMarked;
