package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.protobuf.MessageReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the bytes of a variable lie: {@code BundleEntryProto} of TensorFlow's {@code
 * tensor_bundle.proto}.
 *
 * @param type a value of {@code types.proto}
 * @param shape its dimensions
 * @param shard number of the file
 * @param offset in the file
 * @param size bytes
 * @param crc masked checksum of the bytes
 * @param sliced whether only its parts are stored
 */
record BundleEntry(
    int type, int[] shape, int shard, long offset, long size, int crc, boolean sliced) {

  private static final int MAX_DIMENSIONS = 16;

  static BundleEntry read(String name, MessageReader entry) throws IOException, ImportException {
    int type = 0;
    int[] shape = {};
    long shard = 0;
    long offset = 0;
    long size = 0;
    int crc = 0;
    boolean sliced = false;
    while (entry.next()) {
      switch (entry.number()) {
        case 1 -> type = (int) entry.integer();
        case 2 -> shape = shape(name, entry);
        case 3 -> shard = entry.integer();
        case 4 -> offset = entry.integer();
        case 5 -> size = entry.integer();
        case 6 -> crc = entry.fixed32();
        case 7 -> {
          sliced = true;
          entry.skip();
        }
        default -> entry.skip();
      }
    }
    if (shard < 0 || shard > Integer.MAX_VALUE || offset < 0 || size < 0) {
      throw ImportException.malformed("'%s' lies at an impossible place".formatted(name));
    }
    return new BundleEntry(type, shape, (int) shard, offset, size, crc, sliced);
  }

  private static int[] shape(String name, MessageReader entry) throws IOException, ImportException {
    List<Long> sizes = new ArrayList<>();
    entry.message(
        field -> {
          if (field != 2) {
            entry.skip();
            return;
          }
          if (sizes.size() == MAX_DIMENSIONS) {
            throw ImportException.malformed(
                "'%s' has more than the %d dimensions allowed".formatted(name, MAX_DIMENSIONS));
          }
          sizes.add(size(entry));
        });
    int[] shape = new int[sizes.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      long size = sizes.get(axis);
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw ImportException.malformed("'%s' has an impossible shape".formatted(name));
      }
      shape[axis] = (int) size;
    }
    return shape;
  }

  private static long size(MessageReader entry) throws IOException, ImportException {
    long[] size = {0};
    entry.message(
        field -> {
          if (field == 1) {
            size[0] = entry.integer();
          } else {
            entry.skip();
          }
        });
    return size[0];
  }
}
