package dev.keepgate.importer.file.parts;

import dev.keepgate.importer.FileParts.Unpacked;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.file.DescribingFile;
import dev.keepgate.importer.file.archive.BoundedInput;
import dev.keepgate.importer.file.archive.ZipArchive;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** The files of an archive in a temporary folder, no more of them than are allowed. */
final class ArchiveFiles implements Unpacked {

  private static final int MAX_FILES = 100;
  private static final int LONGEST_NAME = 128;

  private final Path folder;
  private final long maxBytes;
  private final List<Path> files = new ArrayList<>();
  private long bytes;

  private ArchiveFiles(Path folder, long maxBytes) {
    this.folder = folder;
    this.maxBytes = maxBytes;
  }

  /** Writes files. */
  private interface Filling {
    void into(ArchiveFiles files) throws IOException, ImportException;
  }

  static ArchiveFiles unzip(Path path, ImportLimits limits) throws IOException, ImportException {
    return fill(
        limits,
        files -> {
          try (ZipArchive zip = ZipArchive.open(path, limits)) {
            for (String name : zip.files()) {
              if (!DescribingFile.isOfSystem(name)) {
                try (OutputStream out = files.newFile(name)) {
                  zip.copy(name, out, files.maxBytes - files.bytes);
                }
                files.count();
              }
            }
          }
        });
  }

  static ArchiveFiles untar(Path path, ImportLimits limits) throws IOException, ImportException {
    return fill(
        limits,
        files -> {
          try (TarArchiveInputStream tar = tar(path, files.maxBytes)) {
            for (TarArchiveEntry entry = next(tar); entry != null; entry = next(tar)) {
              if (entry.isFile() && !DescribingFile.isOfSystem(entry.getName())) {
                try (OutputStream out = files.newFile(entry.getName())) {
                  copy(tar, out);
                }
                files.count();
              }
            }
          }
        });
  }

  private static @Nullable TarArchiveEntry next(TarArchiveInputStream tar) throws ImportException {
    try {
      return tar.getNextEntry();
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  /** What cannot be read is the archive's fault, what cannot be written the disk's. */
  private static void copy(InputStream in, OutputStream out) throws IOException, ImportException {
    byte[] buffer = new byte[1 << 16];
    while (true) {
      int count;
      try {
        count = in.read(buffer);
      } catch (IOException e) {
        throw damaged(e);
      }
      if (count < 0) {
        return;
      }
      out.write(buffer, 0, count);
    }
  }

  private static ImportException damaged(Exception cause) {
    return cause instanceof BoundedInput.ExceededException
        ? ImportException.tooLarge(String.valueOf(cause.getMessage()))
        : ImportException.malformed("the tar is damaged: " + cause.getMessage());
  }

  private static TarArchiveInputStream tar(Path path, long maxBytes) throws IOException {
    InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    try {
      InputStream plain = FileStart.of(path).isGzip() ? new GZIPInputStream(file, 1 << 16) : file;
      return new TarArchiveInputStream(new BoundedInput(plain, maxBytes));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static ArchiveFiles fill(ImportLimits limits, Filling filling)
      throws IOException, ImportException {
    ArchiveFiles files =
        new ArchiveFiles(Files.createTempDirectory("keepgate-"), limits.maxStoredBytes());
    try {
      filling.into(files);
      if (files.files.isEmpty()) {
        throw ImportException.malformed("there is no file in the archive");
      }
      return files;
    } catch (IOException | ImportException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private OutputStream newFile(String name) throws IOException, ImportException {
    if (files.size() == MAX_FILES) {
      throw ImportException.tooLarge(
          "the archive has more than %d files; send the model's alone".formatted(MAX_FILES));
    }
    String last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
    String harmless = last.replaceAll("[^A-Za-z0-9._-]", "_");
    if (harmless.length() > LONGEST_NAME) {
      harmless = harmless.substring(harmless.length() - LONGEST_NAME);
    }
    Path file = folder.resolve("_%d-%s".formatted(files.size() + 1, harmless));
    files.add(file);
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
  }

  private void count() throws IOException, ImportException {
    bytes += Files.size(files.get(files.size() - 1));
    if (bytes > maxBytes) {
      throw ImportException.tooLarge(
          "the archive unfolds to more than the %d bytes that are allowed".formatted(maxBytes));
    }
  }

  @Override
  public ModelFiles files() {
    return new ModelFiles(files);
  }

  @Override
  public void close() throws IOException {
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(folder);
  }
}
