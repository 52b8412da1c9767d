package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** The bytes that the pickle refers to. */
interface Storages extends Closeable {

  /**
   * Opens a storage.
   *
   * @param from how many bytes to pass over
   * @throws ImportException if there is none of this key, or it has fewer bytes than wanted
   */
  InputStream open(String key, long from, long wanted) throws IOException, ImportException;
}
