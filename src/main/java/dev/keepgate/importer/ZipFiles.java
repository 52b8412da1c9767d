package dev.keepgate.importer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Opens zip files of unknown origin. */
public final class ZipFiles {

  private ZipFiles() {}

  /**
   * Opens a zip file and reads its directory once.
   *
   * @throws ZipException if it is damaged, whatever the JDK throws then
   * @throws IOException if the disk fails
   */
  public static ZipFile open(Path path) throws IOException {
    ZipFile zip;
    try {
      zip = new ZipFile(path.toFile());
    } catch (EOFException | IllegalArgumentException e) {
      throw damaged(e);
    }
    try {
      // Names are decoded only now.
      zip.stream().forEach(ZipEntry::getName);
      return zip;
    } catch (RuntimeException e) {
      zip.close();
      throw damaged(e);
    }
  }

  /**
   * Opens a file in a zip.
   *
   * @param from how many of its bytes to pass over
   */
  public static InputStream open(ZipFile zip, ZipEntry entry, long from) throws IOException {
    InputStream in = zip.getInputStream(entry);
    try {
      in.skipNBytes(from);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static ZipException damaged(Exception cause) {
    ZipException damaged = new ZipException("the zip's directory is damaged");
    damaged.initCause(cause);
    return damaged;
  }
}
