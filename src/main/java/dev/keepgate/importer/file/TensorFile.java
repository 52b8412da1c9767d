package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;

/** A file of named tensors, whatever its format. Only the tensors asked for are read. */
public interface TensorFile extends Closeable {

  /** All tensors by name, in the file's order. */
  Map<String, TensorInfo> tensors();

  /**
   * Reads one tensor.
   *
   * @return its numbers, row-major, converted to 32-bit floats
   * @throws ImportException if the bytes are not what the file claims
   */
  float[] read(TensorInfo tensor) throws IOException, ImportException;
}
