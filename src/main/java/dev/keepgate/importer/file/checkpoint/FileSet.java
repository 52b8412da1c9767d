package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The files of a checkpoint, by name: on the disk, or in an archive. */
interface FileSet extends Closeable {

  /** Their names, folders included. */
  List<String> names();

  /** Whether a file is a checkpoint's index. */
  boolean isIndex(String name) throws IOException;

  /**
   * Opens a file.
   *
   * @param from how many bytes to pass over
   */
  InputStream open(String name, long from) throws IOException, ImportException;
}
