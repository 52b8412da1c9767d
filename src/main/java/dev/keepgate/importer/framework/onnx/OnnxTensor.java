package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.protobuf.MessageReader;
import dev.keepgate.tensor.DataType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that a file holds, its numbers not read yet.
 *
 * @param type of its numbers; null where they are of no type that is read
 * @param shape its dimensions
 * @param content where its numbers are
 */
record OnnxTensor(String name, @Nullable DataType type, int[] shape, Content content) {

  /** Where a tensor's numbers are. */
  sealed interface Content {

    /** Little-endian bytes in the file itself. */
    record InFile(MessageReader.Span span) implements Content {}

    /** Little-endian bytes that were collected one by one. */
    record Collected(byte[] bytes) implements Content {}

    /**
     * Little-endian bytes in a file beside: ONNX' external data.
     *
     * @param length in bytes; -1 where the shape tells
     */
    record External(String location, long offset, long length) implements Content {}
  }

  static final int MAX_RANK = 8;

  /**
   * Makes a shape of claimed dimensions.
   *
   * @throws ImportException if one is negative, or the whole beyond what an array can be
   */
  static int[] shape(String name, long[] claimed) throws ImportException {
    if (claimed.length > MAX_RANK) {
      throw ImportException.malformed(
          "tensor '%s' has %d dimensions, %d are allowed"
              .formatted(name, claimed.length, MAX_RANK));
    }
    int[] shape = new int[claimed.length];
    long count = 1;
    for (int i = 0; i < shape.length; i++) {
      if (claimed[i] < 0) {
        throw ImportException.malformed(
            "tensor '%s' has the impossible shape %s".formatted(name, Arrays.toString(claimed)));
      }
      if (claimed[i] > Integer.MAX_VALUE || count * claimed[i] > Integer.MAX_VALUE - 8) {
        throw ImportException.tooLarge(
            "tensor '%s' of shape %s is larger than an array can be"
                .formatted(name, Arrays.toString(claimed)));
      }
      shape[i] = (int) claimed[i];
      count *= claimed[i];
    }
    return shape;
  }

  int count() {
    int count = 1;
    for (int size : shape) {
      count *= size;
    }
    return count;
  }

  /** Whether its numbers are integers, as shapes, axes and indices are. */
  boolean isWhole() {
    return type == DataType.I64 || type == DataType.I32;
  }
}
