package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The files of a checkpoint in a zip, which are read where they lie and never unpacked. All that is
 * read of them has checksums of its own, so the zip's are not looked at: a variable's would take
 * all of its file.
 */
final class ZipFileSet implements FileSet {

  private final ZipFile zip;

  ZipFileSet(ZipFile zip) {
    this.zip = zip;
  }

  @Override
  public List<String> names() {
    return zip.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
  }

  @Override
  public boolean isIndex(String name) {
    return name.endsWith(".index");
  }

  @Override
  public InputStream open(String name, long from) throws IOException, ImportException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw ImportException.malformed("the zip has no '%s'".formatted(name));
    }
    InputStream in = zip.getInputStream(entry);
    try {
      in.skipNBytes(from);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
