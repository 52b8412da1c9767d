package dev.keepgate.registry.replica.redis;

import static dev.keepgate.redis.LuaScripts.text;

import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.repository.ContentLostException;
import dev.keepgate.registry.repository.Manifest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads a version's files out of Redis, chunk by chunk; for one use. */
final class ContentReader {

  private final CatalogScripts scripts;
  private final String content;
  private byte[] chunk = {};
  private int position;
  private int next;

  ContentReader(CatalogScripts scripts, String content) {
    this.scripts = scripts;
    this.content = content;
  }

  /**
   * Writes the files.
   *
   * @throws ContentLostException if something of them is missing, or they are others than announced
   */
  void write(Entry entry, Path folder) throws IOException {
    Manifest manifest = manifest();
    if (!manifest.digest().equals(entry.revision().digest()) || manifest.bytes() != entry.bytes()) {
      throw new ContentLostException("the files are not those that were announced");
    }
    for (Manifest.File file : manifest.files()) {
      try (OutputStream out =
          Files.newOutputStream(folder.resolve(file.name()), StandardOpenOption.CREATE_NEW)) {
        write(file.size(), out);
      }
    }
  }

  private Manifest manifest() throws ContentLostException {
    byte[] text = scripts.content(content, "manifest");
    if (text == null) {
      throw new ContentLostException("the list of the files is missing");
    }
    try {
      return Manifest.parse(text(text));
    } catch (IllegalArgumentException e) {
      throw new ContentLostException("the list of the files is damaged: " + e.getMessage());
    }
  }

  private void write(long size, OutputStream out) throws IOException {
    long left = size;
    while (left > 0) {
      if (position == chunk.length) {
        byte[] read = scripts.content(content, Integer.toString(next));
        if (read == null || read.length == 0) {
          throw new ContentLostException("chunk " + next + " of the files is missing");
        }
        chunk = read;
        position = 0;
        next++;
      }
      int part = (int) Math.min(left, chunk.length - position);
      out.write(chunk, position, part);
      position += part;
      left -= part;
    }
  }
}
