package dev.keepgate.importer.file.archive;

import dev.keepgate.importer.ImportException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Opens zip files of unknown origin, and holds what is read of them against its checksums. */
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
   * Opens a file in a zip. Whoever reads to its end gets a {@link ZipException} there if the bytes
   * are not those of its checksum and size; the JDK looks at neither. Closing it reads what is
   * left, so that nobody keeps a part of damaged bytes.
   *
   * @param max bytes that it may unpack to
   * @throws ImportException if it claims more
   */
  public static InputStream open(ZipFile zip, ZipEntry entry, long max)
      throws IOException, ImportException {
    if (entry.getSize() > max) {
      throw ImportException.tooLarge(
          "'%s' unpacks to more than the %d bytes that are allowed"
              .formatted(entry.getName(), max));
    }
    return new Checked(zip.getInputStream(entry), entry);
  }

  private static ZipException damaged(Exception cause) {
    ZipException damaged = new ZipException("the zip's directory is damaged");
    damaged.initCause(cause);
    return damaged;
  }

  /** The bytes of an entry, counted and summed up. */
  private static final class Checked extends CheckedInputStream {

    private final ZipEntry entry;
    private long count;
    private boolean isOpen = true;

    Checked(InputStream in, ZipEntry entry) {
      super(in, new CRC32());
      this.entry = entry;
    }

    @Override
    public int read() throws IOException {
      int next = super.read();
      count(next < 0 ? -1 : 1);
      return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count(read);
      return read;
    }

    private void count(int read) throws ZipException {
      count += Math.max(read, 0);
      boolean isEnd = read < 0;
      if (count > entry.getSize()
          || (isEnd && (count < entry.getSize() || getChecksum().getValue() != entry.getCrc()))) {
        throw new ZipException(
            "the zip's entry '%s' does not have its checksum or size".formatted(entry.getName()));
      }
    }

    @Override
    public void close() throws IOException {
      if (!isOpen) {
        return;
      }
      isOpen = false;
      try {
        transferTo(OutputStream.nullOutputStream());
      } finally {
        super.close();
      }
    }
  }
}
