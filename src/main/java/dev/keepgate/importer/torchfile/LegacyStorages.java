package dev.keepgate.importer.torchfile;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.torchfile.PickleData.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.save} wrote before 1.6, and still does when asked: pickles in a row, then each
 * storage as its count and its numbers.
 */
final class LegacyStorages implements Storages {

  private final FileChannel channel;
  private final Map<String, Long> starts = new HashMap<>();
  private final Map<String, Long> ends = new HashMap<>();

  LegacyStorages(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Finds where the storages lie.
   *
   * @param position where the first begins
   * @param keys in the file's order
   * @param storages by key
   */
  void locate(long position, List<?> keys, Map<String, Storage> storages)
      throws IOException, ImportException {
    long size = channel.size();
    for (Object key : keys) {
      Storage storage = storages.get(key);
      if (!(key instanceof String name) || storage == null) {
        throw ImportException.malformed("the file has a storage that no tensor is in");
      }
      ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (count.hasRemaining()) {
        if (channel.read(count, position + count.position()) < 0) {
          throw ImportException.malformed("the file ends before storage '%s'".formatted(name));
        }
      }
      long start = position + Long.BYTES;
      int width = storage.type().width();
      long numbers = count.flip().getLong();
      if (numbers < 0 || numbers > (size - start) / width) {
        throw ImportException.malformed(
            "storage '%s' claims %d numbers, more than the file has".formatted(name, numbers));
      }
      starts.put(name, start);
      position = start + numbers * width;
      ends.put(name, position);
    }
  }

  @Override
  public InputStream open(String key, long from, long wanted) throws IOException, ImportException {
    Long start = starts.get(key);
    Long end = ends.get(key);
    if (start == null || end == null || end - start - from < wanted) {
      throw ImportException.malformed(
          "storage '%s' has fewer bytes than the pickle needs".formatted(key));
    }
    channel.position(start + from);
    return Channels.newInputStream(channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
