package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.archive.ZipFiles;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The zip of {@code torch.save} since 1.6: {@code data.pkl}, and a file a storage beside it. */
final class ZipStorages implements Storages {

  static final String PICKLE = "data.pkl";

  private final ZipFile zip;
  private final String folder;
  private final ImportLimits limits;

  /** The storages that were held against their checksum: tensors may share one. */
  private final Set<String> checked = new HashSet<>();

  /**
   * @param folder that all is in, with its slash
   */
  ZipStorages(ZipFile zip, String folder, ImportLimits limits) {
    this.zip = zip;
    this.folder = folder;
    this.limits = limits;
  }

  InputStream pickle() throws IOException, ImportException {
    return new BufferedInputStream(ZipFiles.open(zip, entry(PICKLE), limits.maxHeaderBytes()));
  }

  /** Whether there is code beside the tensors, as torch.jit.save writes. */
  boolean isScript() {
    return zip.getEntry(folder + "constants.pkl") != null;
  }

  /** What the file says of its byte order; older files do not, and are little-endian. */
  boolean isBigEndian() throws IOException, ImportException {
    ZipEntry entry = zip.getEntry(folder + "byteorder");
    if (entry == null) {
      return false;
    }
    try (InputStream in = ZipFiles.open(zip, entry, limits.maxHeaderBytes())) {
      return in.read() == 'b';
    }
  }

  @Override
  public InputStream open(String key, long from, long wanted) throws IOException, ImportException {
    ZipEntry entry = entry("data/" + key);
    if (entry.getSize() >= 0 && entry.getSize() - from < wanted) {
      throw ImportException.malformed(
          "storage '%s' has %d bytes, the pickle needs %d"
              .formatted(key, entry.getSize(), from + wanted));
    }
    InputStream in =
        checked.add(key)
            ? ZipFiles.open(zip, entry, limits.maxStoredBytes())
            : zip.getInputStream(entry);
    in.skipNBytes(from);
    return in;
  }

  private ZipEntry entry(String name) throws ImportException {
    ZipEntry entry = zip.getEntry(folder + name);
    if (entry == null) {
      throw ImportException.malformed("the zip has no '%s'".formatted(folder + name));
    }
    return entry;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
