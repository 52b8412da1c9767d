package dev.keepgate.tensor;

import java.nio.ByteBuffer;

/** How a file stores a number. */
public enum DataType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U8(1);

  private final int width;

  DataType(int width) {
    this.width = width;
  }

  /** Bytes a number. */
  public int width() {
    return width;
  }

  /** Converts the numbers of a buffer, from its position to its limit, in its byte order. */
  public void toFloats(ByteBuffer bytes, float[] values, int offset) {
    int end = offset + bytes.remaining() / width;
    if (this == F32) {
      bytes.asFloatBuffer().get(values, offset, end - offset);
      return;
    }
    for (int i = offset; i < end; i++) {
      values[i] =
          switch (this) {
            case F64 -> (float) bytes.getDouble();
            case F32 -> bytes.getFloat();
            case F16 -> halfToFloat(bytes.getShort());
            case BF16 -> Float.intBitsToFloat(bytes.getShort() << 16);
            case I64 -> bytes.getLong();
            case I32 -> bytes.getInt();
            case I16 -> bytes.getShort();
            case I8 -> bytes.get();
            case U8 -> bytes.get() & 0xff;
          };
    }
  }

  /** IEEE 754 binary16; {@code Float.float16ToFloat} came with Java 20. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }
}
