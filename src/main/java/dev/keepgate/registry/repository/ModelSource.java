package dev.keepgate.registry.repository;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a version's folder holds: the model's files under any names, and beside them, where they are
 * needed, {@code config.json} with what the files cannot say of themselves, and {@code format} with
 * the name of their format where the content is not to be asked. Sub-folders and names that start
 * with a dot are passed over.
 *
 * @param folder where they are
 * @param config the JSON; null where there is none
 * @param format null where the content tells
 * @param bytes of all files
 */
public record ModelSource(
    Path folder,
    ModelFiles files,
    byte @Nullable [] config,
    @Nullable ModelFormat format,
    long bytes) {

  static final String CONFIG = "config.json";
  static final String FORMAT = "format";
  static final int MAX_FILES = 100;
  static final int MAX_CONFIG_BYTES = 1 << 20;
  private static final int MAX_FORMAT_BYTES = 64;

  /** Whether a model's file may have this name. */
  static boolean isFileName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.startsWith(".") && !lower.equals(CONFIG) && !lower.equals(FORMAT);
  }

  /**
   * Looks into a version's folder.
   *
   * @param root a real path that none of the files may lie outside of, by links or otherwise
   * @throws ImportException if the folder is not laid out as above
   */
  static ModelSource in(Path folder, Path root) throws IOException, ImportException {
    List<Path> files = new ArrayList<>();
    long bytes = 0;
    for (Path entry : Disk.entries(folder, "*")) {
      if (!isFileName(entry.getFileName().toString()) || Files.isDirectory(entry)) {
        continue;
      }
      checkFile(entry, root);
      files.add(entry);
      bytes += Files.size(entry);
    }
    if (files.size() > MAX_FILES) {
      throw ImportException.tooLarge("a model has at most " + MAX_FILES + " files");
    }
    if (files.isEmpty()) {
      throw ImportException.malformed("there is no file");
    }
    byte[] config = readSmall(folder.resolve(CONFIG), root, MAX_CONFIG_BYTES);
    byte[] format = readSmall(folder.resolve(FORMAT), root, MAX_FORMAT_BYTES);
    return new ModelSource(
        folder, new ModelFiles(files), config, format == null ? null : parseFormat(format), bytes);
  }

  /** Of the files, the JSON and the format: see {@link Manifest#digest()}. */
  public String digest() throws IOException {
    return Manifest.digest(folder);
  }

  private static ModelFormat parseFormat(byte[] text) throws ImportException {
    String id = new String(text, StandardCharsets.UTF_8).strip();
    return ModelFormat.of(id)
        .orElseThrow(() -> ImportException.unsupported(FORMAT, "there is no format '" + id + "'"));
  }

  private static byte @Nullable [] readSmall(Path file, Path root, int limit)
      throws IOException, ImportException {
    if (!Files.exists(file)) {
      return null;
    }
    checkFile(file, root);
    if (Files.size(file) > limit) {
      throw ImportException.tooLarge(file.getFileName() + " is larger than " + limit + " bytes");
    }
    return Files.readAllBytes(file);
  }

  private static void checkFile(Path file, Path root) throws IOException, ImportException {
    if (!Files.exists(file) && Files.isSymbolicLink(file)) {
      throw ImportException.unsupported(
          file.getFileName().toString(), "is a link that leads nowhere");
    }
    if (!file.toRealPath().startsWith(root)) {
      throw ImportException.unsupported(
          file.getFileName().toString(), "is a link that leads out of the repository");
    }
    if (!Files.isRegularFile(file)) {
      throw ImportException.unsupported(file.getFileName().toString(), "is not a file");
    }
  }
}
