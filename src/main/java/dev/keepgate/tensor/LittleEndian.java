package dev.keepgate.tensor;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes floats as their bytes, a piece at a time, so that no second array of all is made. */
public final class LittleEndian {

  /** Bytes of a piece. */
  public static final int PIECE = 1 << 16;

  private LittleEndian() {}

  public static void write(float[] values, OutputStream out) throws IOException {
    int piece = Math.min(values.length, PIECE / Float.BYTES);
    ByteBuffer bytes = ByteBuffer.allocate(piece * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += piece) {
      int count = Math.min(piece, values.length - from);
      bytes.asFloatBuffer().put(values, from, count);
      out.write(bytes.array(), 0, count * Float.BYTES);
    }
  }
}
