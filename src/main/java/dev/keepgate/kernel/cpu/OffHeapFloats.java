package dev.keepgate.kernel.cpu;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;

/** Numbers that BLAS can reach, 64-byte aligned; ours to free. */
final class OffHeapFloats implements AutoCloseable {

  private static final int ALIGNMENT = 64;

  private static final FloatBuffer NONE = ByteBuffer.allocateDirect(0).asFloatBuffer();

  private @Nullable FloatPointer owned;
  private FloatBuffer view = NONE;
  private long address;
  private long count;

  /**
   * Makes room for so many numbers; what was here is lost when it has to grow.
   *
   * @throws OutOfMemoryError if the machine or JavaCPP's bound does not allow it
   */
  void ensure(long wanted) {
    if (wanted <= count) {
      return;
    }
    close();
    FloatPointer pointer = new FloatPointer(wanted + ALIGNMENT / Float.BYTES);
    long misaligned = pointer.address() % ALIGNMENT;
    pointer.position(misaligned == 0 ? 0 : (ALIGNMENT - misaligned) / Float.BYTES);
    owned = pointer;
    address = pointer.address() + pointer.position() * Float.BYTES;
    count = wanted;
    view = wanted <= Integer.MAX_VALUE / Float.BYTES ? pointer.asBuffer() : NONE;
  }

  /** Bytes that are allocated. */
  long bytes() {
    return owned == null ? 0 : count * Float.BYTES + ALIGNMENT;
  }

  /** Where a number lies. */
  long address(long index) {
    return address + index * Float.BYTES;
  }

  /** A view of all numbers; empty where there are more than 2 GiB of them. */
  FloatBuffer view() {
    return view;
  }

  /** Writes numbers anywhere, also past what {@link #view} reaches. */
  void put(long index, float[] values, int from, int length) {
    if (owned == null || index < 0 || index + length > count) {
      throw new IndexOutOfBoundsException("numbers " + index + " to " + (index + length));
    }
    long first = (address - owned.address()) / Float.BYTES;
    owned.position(first + index).put(values, from, length);
  }

  @Override
  public void close() {
    if (owned != null) {
      owned.close();
      owned = null;
      view = NONE;
      count = 0;
      address = 0;
    }
  }
}
