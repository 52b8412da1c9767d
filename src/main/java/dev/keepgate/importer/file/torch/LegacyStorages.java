package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.torch.PickleData.Storage;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.save} wrote before 1.6, and still does when asked: pickles in a row, then each
 * storage as its count and its numbers.
 */
final class LegacyStorages implements Storages {

  private final Path path;
  private final Map<String, Long> starts = new HashMap<>();
  private final Map<String, Long> ends = new HashMap<>();

  LegacyStorages(Path path) {
    this.path = path;
  }

  /**
   * Finds where the storages lie.
   *
   * @param first where the first begins
   * @param keys in the file's order
   * @param storages by key
   */
  void locate(long first, List<?> keys, Map<String, Storage> storages)
      throws IOException, ImportException {
    try (FileChannel channel = FileChannel.open(path)) {
      long position = first;
      for (Object key : keys) {
        Storage storage = storages.get(key);
        if (!(key instanceof String name) || storage == null) {
          throw ImportException.malformed("the file has a storage that no tensor is in");
        }
        long start = position + Long.BYTES;
        long numbers = readLong(channel, position);
        int width = storage.type().width();
        if (numbers < 0 || numbers > (channel.size() - start) / width) {
          throw ImportException.malformed(
              "storage '%s' claims %d numbers, more than the file has".formatted(name, numbers));
        }
        if (numbers != storage.count()) {
          throw ImportException.malformed(
              "storage '%s' has %d numbers, the pickle says %d"
                  .formatted(name, numbers, storage.count()));
        }
        starts.put(name, start);
        position = start + numbers * width;
        ends.put(name, position);
      }
      if (position != channel.size()) {
        throw ImportException.malformed(
            "the file goes on for %d bytes after its last storage"
                .formatted(channel.size() - position));
      }
    }
  }

  private static long readLong(FileChannel channel, long position) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException("it ends before its storages do");
      }
    }
    return bytes.flip().getLong();
  }

  @Override
  public InputStream open(String key, long from, long wanted) throws IOException, ImportException {
    Long start = starts.get(key);
    Long end = ends.get(key);
    if (start == null || end == null || end - start - from < wanted) {
      throw ImportException.malformed(
          "storage '%s' has fewer bytes than the pickle needs".formatted(key));
    }
    return Channels.newInputStream(FileChannel.open(path).position(start + from));
  }

  @Override
  public void close() {}
}
