package dev.keepgate.importer.file.checkpoint;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.archive.ZipFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * TensorFlow's checkpoints, and the variables of its saved models: the index and its data as files
 * of their own, or all in one zip, tar or tar.gz.
 */
public final class CheckpointContainer implements TensorContainer {

  private static final Pattern FILE =
      Pattern.compile("(.*/)?checkpoint|.*(\\.index|\\.data-\\d{5}-of-\\d{5})");

  @Override
  public ModelFormat format() {
    return ModelFormat.TENSORFLOW_CHECKPOINT;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    for (Path path : files.paths()) {
      if (DiskFileSet.isIndex(path)) {
        return true;
      }
    }
    return files.paths().size() == 1 && isArchive(files.first());
  }

  private static boolean isArchive(Path path) throws IOException {
    switch (kind(path)) {
      case ZIP -> {
        try (ZipFile zip = ZipFiles.open(path)) {
          return zip.stream().anyMatch(entry -> entry.getName().endsWith(".index"));
        } catch (ZipException e) {
          return false;
        }
      }
      case TAR -> {
        return FILE.matcher(TarFileSet.firstFile(path)).matches();
      }
      default -> {
        return false;
      }
    }
  }

  private enum Kind {
    ZIP,
    TAR,
    OTHER
  }

  private static Kind kind(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(265);
      if (start.length < 2) {
        return Kind.OTHER;
      }
      if (start[0] == 'P' && start[1] == 'K') {
        return Kind.ZIP;
      }
      boolean isGzip = start[0] == 0x1f && start[1] == (byte) 0x8b;
      boolean isTar = start.length >= 262 && new String(start, 257, 5, US_ASCII).equals("ustar");
      return isGzip || isTar ? Kind.TAR : Kind.OTHER;
    }
  }

  @Override
  public TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    FileSet set;
    try {
      set =
          switch (files.paths().size() > 1 ? Kind.OTHER : kind(files.first())) {
            case ZIP -> new ZipFileSet(ZipFiles.open(files.first()));
            case TAR -> new TarFileSet(files.first(), limits.maxBytes() + limits.maxHeaderBytes());
            case OTHER -> new DiskFileSet(files.paths());
          };
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw CheckpointFile.damaged(files.first().getFileName().toString(), e);
    }
    try {
      return CheckpointFile.open(set, limits);
    } catch (IOException | ImportException | RuntimeException e) {
      set.close();
      throw e;
    }
  }
}
