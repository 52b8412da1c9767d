package dev.keepgate.importer.file.archive;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** An open zip archive, none of whose entries may unpack to more than it is given room for. */
public final class ZipArchive implements Closeable {

  private final ZipFile zip;

  private ZipArchive(ZipFile zip) {
    this.zip = zip;
  }

  /** Whether a file is a zip archive that has entries of all these names. */
  public static boolean hasEntries(Path path, String... names) throws IOException {
    try (ZipFile zip = ZipFiles.open(path)) {
      return Arrays.stream(names).allMatch(name -> zip.getEntry(name) != null);
    } catch (ZipException e) {
      return false;
    }
  }

  /**
   * Opens an archive.
   *
   * @throws ImportException if it is damaged, has too many entries, two of the same name, or names
   *     that climb out of a folder
   */
  public static ZipArchive open(Path path, ImportLimits limits)
      throws IOException, ImportException {
    ZipFile zip;
    try {
      zip = ZipFiles.open(path);
    } catch (ZipException e) {
      throw ImportException.malformed("this is no sound zip file: " + e.getMessage());
    }
    try {
      check(zip, limits);
      return new ZipArchive(zip);
    } catch (ImportException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static void check(ZipFile zip, ImportLimits limits) throws ImportException {
    if (zip.size() > limits.maxTensors()) {
      throw ImportException.tooLarge(
          "%d entries, %d are allowed".formatted(zip.size(), limits.maxTensors()));
    }
    Set<String> names = new HashSet<>();
    for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
      String name = entry.getName();
      if (name.startsWith("/") || List.of(name.split("[/\\\\]")).contains("..")) {
        throw ImportException.malformed("the entry '" + name + "' climbs out of the archive");
      }
      if (!names.add(name)) {
        throw ImportException.malformed("the entry '" + name + "' is there twice");
      }
    }
  }

  /** The names of all files in it, with their folders. */
  public List<String> files() {
    return zip.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
  }

  /**
   * An entry's bytes.
   *
   * @throws ImportException if it is missing or damaged, or unpacks to more than {@code max} bytes
   */
  public byte[] bytes(String name, int max) throws IOException, ImportException {
    try (InputStream in = stream(name, max)) {
      return in.readAllBytes();
    } catch (ZipException | EOFException e) {
      throw damaged(name, e);
    }
  }

  /**
   * Copies an entry's bytes.
   *
   * @throws ImportException if it is missing or damaged, or unpacks to more than {@code max} bytes
   */
  public void copy(String name, OutputStream to, long max) throws IOException, ImportException {
    try (InputStream in = stream(name, max)) {
      in.transferTo(to);
    } catch (ZipException | EOFException e) {
      throw damaged(name, e);
    }
  }

  /**
   * An entry as it unpacks, held against its checksum where it ends or is closed.
   *
   * @throws ImportException if it is missing or damaged, or claims more than {@code max} bytes
   */
  public InputStream stream(String name, long max) throws IOException, ImportException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw ImportException.malformed("the archive has no entry '" + name + "'");
    }
    try {
      return ZipFiles.open(zip, entry, max);
    } catch (ZipException e) {
      throw damaged(name, e);
    }
  }

  private static ImportException damaged(String name, IOException e) {
    return ImportException.malformed("'%s' is damaged: %s".formatted(name, e.getMessage()));
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
