package dev.keepgate.importer;

import java.io.IOException;

/**
 * Reads one file format.
 *
 * <p>No importer runs code from a file, deserialises objects or allocates what a file merely
 * claims.
 */
public interface ModelImporter {

  ModelFormat format();

  /** Whether the content (never the name alone) looks like this format. Reads little. */
  boolean recognizes(ModelFiles files) throws IOException;

  /**
   * Reads the model.
   *
   * @throws ImportException if the file or the configuration is not that of a model we can serve
   * @throws IOException if the disk fails
   */
  ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException;
}
