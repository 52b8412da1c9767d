package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.archive.BoundedInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The files of a checkpoint in a tar, plain or with gzip, which are read where they lie and never
 * unpacked: from the start each time, which costs time where unpacking would cost disk.
 */
final class TarFileSet implements FileSet {

  private static final int MAX_FILES = 1000;

  private final Path path;
  private final long maxBytes;
  private final List<String> names = new ArrayList<>();

  /**
   * @param maxBytes how many bytes may be inflated at a time
   */
  TarFileSet(Path path, long maxBytes) throws IOException, ImportException {
    this.path = path;
    this.maxBytes = maxBytes;
    try (TarArchiveInputStream tar = openTar(path, maxBytes)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (names.size() == MAX_FILES) {
          throw ImportException.tooLarge("the tar has more than %d files".formatted(MAX_FILES));
        }
        if (entry.isFile()) {
          names.add(entry.getName());
        }
      }
    }
  }

  /** The name of the first file in a tar; empty where it is none. */
  static String firstFile(Path path) throws IOException {
    try (TarArchiveInputStream tar = openTar(path, 1 << 20)) {
      TarArchiveEntry entry = tar.getNextEntry();
      while (entry != null && !entry.isFile()) {
        entry = tar.getNextEntry();
      }
      return entry == null ? "" : entry.getName();
    } catch (IOException | IllegalArgumentException e) {
      return "";
    }
  }

  @Override
  public List<String> names() {
    return List.copyOf(names);
  }

  @Override
  public boolean isIndex(String name) {
    return name.endsWith(".index");
  }

  @Override
  public InputStream open(String name, long from) throws IOException, ImportException {
    TarArchiveInputStream tar = openTar(path, maxBytes);
    try {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.isFile() && entry.getName().equals(name)) {
          tar.skipNBytes(from);
          return tar;
        }
      }
      throw ImportException.malformed("the tar has no '%s'".formatted(name));
    } catch (IOException | ImportException | RuntimeException e) {
      tar.close();
      throw e;
    }
  }

  private static TarArchiveInputStream openTar(Path path, long maxBytes) throws IOException {
    InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    try {
      file.mark(2);
      boolean isGzip = file.read() == 0x1f && file.read() == 0x8b;
      file.reset();
      return new TarArchiveInputStream(
          new BoundedInput(isGzip ? new GZIPInputStream(file, 1 << 16) : file, maxBytes));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public void close() {}
}
