package dev.keepgate.importer;

import java.nio.file.Path;
import java.util.List;

/**
 * The file or files of one model on the local disk.
 *
 * @param paths at least one; a file's name counts only for formats of several files
 */
public record ModelFiles(List<Path> paths) {

  public ModelFiles {
    paths = List.copyOf(paths);
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("a model needs a file");
    }
  }

  public static ModelFiles of(Path... paths) {
    return new ModelFiles(List.of(paths));
  }

  /** The only file, or the first of several. */
  public Path first() {
    return paths.get(0);
  }
}
