package dev.keepgate.importer.file;

import dev.keepgate.tensor.DataType;
import dev.keepgate.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers as files store them, read through a small buffer. */
public final class StoredNumbers {

  private static final int CHUNK = 1 << 18;

  private StoredNumbers() {}

  /**
   * Reads numbers in a row.
   *
   * @throws EOFException if there are fewer
   */
  public static float[] read(InputStream in, DataType type, ByteOrder order, int count)
      throws IOException {
    float[] values = new float[count];
    int width = type.width();
    byte[] chunk = new byte[(int) Math.min(CHUNK, (long) count * width)];
    for (int done = 0; done < count; ) {
      int numbers = Math.min(chunk.length / width, count - done);
      if (in.readNBytes(chunk, 0, numbers * width) < numbers * width) {
        throw new EOFException("fewer bytes than the shape needs");
      }
      type.toFloats(ByteBuffer.wrap(chunk, 0, numbers * width).order(order), values, done);
      done += numbers;
    }
    return values;
  }

  /**
   * Brings numbers that lie apart into a row.
   *
   * @param strides how far apart neighbours along each axis lie; none negative
   * @return the numbers, row-major
   */
  public static float[] gather(float[] source, int[] shape, long[] strides) {
    float[] values = new float[(int) Tensor.count(shape)];
    int[] index = new int[shape.length];
    int from = 0;
    for (int to = 0; to < values.length; to++) {
      values[to] = source[from];
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        from += (int) strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        from -= (int) strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return values;
  }
}
