package dev.keepgate.registry.repository;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/**
 * Folders as the repository needs them. What was written survives a crash where the file was
 * synced, and its name where the folder it stands in was (Pillai et al., All File Systems Are Not
 * Created Equal, OSDI 2014).
 */
final class Disk {

  private static final Logger log = LoggerFactory.getLogger(Disk.class);

  /** Windows can neither open a folder nor needs to. */
  private static final boolean SYNCS_FOLDERS = File.separatorChar == '/';

  private Disk() {}

  /** What stands in a folder whose names match a glob, in order. */
  static List<Path> entries(Path folder, String glob) throws IOException {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      stream.forEach(entries::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    Collections.sort(entries);
    return entries;
  }

  /** Deletes a folder with all that is in it, following no links; a failure is only logged. */
  static void discard(Path folder) {
    try {
      FileSystemUtils.deleteRecursively(folder);
    } catch (IOException e) {
      log.warn("Could not delete {}: {}", folder, e.toString());
    }
  }

  static void syncFolder(Path folder) throws IOException {
    if (SYNCS_FOLDERS) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Syncs a folder with all that is in it. */
  static void syncTree(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              channel.force(true);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            syncFolder(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Names, sizes and times of a folder's files: another string where they have changed. */
  static String stamp(Path folder) {
    try {
      StringBuilder stamp = new StringBuilder();
      for (Path file : entries(folder, "*")) {
        stamp
            .append(file.getFileName())
            .append(' ')
            .append(Files.size(file))
            .append(' ')
            .append(Files.getLastModifiedTime(file))
            .append('\n');
      }
      return stamp.toString();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
