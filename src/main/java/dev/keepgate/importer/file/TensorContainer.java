package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import java.io.IOException;

/** A file format that holds named tensors, and says nothing of what they mean. */
public interface TensorContainer {

  ModelFormat format();

  /** Whether the content (never the name alone) looks like this format. Reads little. */
  boolean recognizes(ModelFiles files) throws IOException;

  /**
   * Opens a file and reads what its tensors are called, not what they hold.
   *
   * @throws ImportException if it is damaged or passes a bound
   * @throws IOException if the disk fails
   */
  TensorFile open(ModelFiles files, ImportLimits limits) throws IOException, ImportException;
}
