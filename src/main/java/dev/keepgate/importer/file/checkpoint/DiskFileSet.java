package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The files of a checkpoint as files of their own. */
final class DiskFileSet implements FileSet {

  private final Map<String, Path> paths = new LinkedHashMap<>();

  DiskFileSet(List<Path> files) {
    files.forEach(file -> paths.put(file.getFileName().toString(), file));
  }

  @Override
  public List<String> names() {
    return List.copyOf(paths.keySet());
  }

  /** Tells by the content: names may have been lost on the way. */
  @Override
  public boolean isIndex(String name) throws IOException {
    return isIndex(Objects.requireNonNull(paths.get(name)));
  }

  static boolean isIndex(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path)) {
      ByteBuffer footer = ByteBuffer.allocate(Long.BYTES);
      long position = channel.size() - footer.capacity();
      while (position >= 0 && footer.hasRemaining()) {
        if (channel.read(footer, position + footer.position()) < 0) {
          return false;
        }
      }
      return SortedTable.isFooter(footer.flip());
    }
  }

  @Override
  public InputStream open(String name, long from) throws IOException, ImportException {
    Path path = paths.get(name);
    if (path == null) {
      throw ImportException.malformed("there is no '%s'".formatted(name));
    }
    return Channels.newInputStream(FileChannel.open(path).position(from));
  }

  @Override
  public void close() {}
}
