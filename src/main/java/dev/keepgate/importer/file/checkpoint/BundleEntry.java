package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import java.nio.ByteBuffer;
import java.util.Arrays;

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

  static BundleEntry read(String name, ByteBuffer message) throws ImportException {
    int type = 0;
    int[] shape = {};
    long shard = 0;
    long offset = 0;
    long size = 0;
    int crc = 0;
    boolean sliced = false;
    for (ProtoFields fields = new ProtoFields(message); fields.next(); ) {
      switch (fields.number()) {
        case 1 -> type = (int) fields.value();
        case 2 -> shape = shape(name, fields.bytes());
        case 3 -> shard = fields.value();
        case 4 -> offset = fields.value();
        case 5 -> size = fields.value();
        case 6 -> crc = (int) fields.value();
        case 7 -> sliced = true;
        default -> {}
      }
    }
    if (shard < 0 || shard > Integer.MAX_VALUE || offset < 0 || size < 0) {
      throw ImportException.malformed("'%s' lies at an impossible place".formatted(name));
    }
    return new BundleEntry(type, shape, (int) shard, offset, size, crc, sliced);
  }

  private static int[] shape(String name, ByteBuffer message) throws ImportException {
    int[] shape = new int[MAX_DIMENSIONS];
    int dimensions = 0;
    for (ProtoFields fields = new ProtoFields(message); fields.next(); ) {
      if (fields.number() == 2) {
        long size = 0;
        for (ProtoFields dimension = new ProtoFields(fields.bytes()); dimension.next(); ) {
          size = dimension.number() == 1 ? dimension.value() : size;
        }
        if (dimensions == MAX_DIMENSIONS) {
          throw ImportException.malformed(
              "'%s' has more than the %d dimensions allowed".formatted(name, MAX_DIMENSIONS));
        }
        if (size < 0 || size > Integer.MAX_VALUE) {
          throw ImportException.malformed("'%s' has an impossible shape".formatted(name));
        }
        shape[dimensions++] = (int) size;
      }
    }
    return Arrays.copyOf(shape, dimensions);
  }
}
