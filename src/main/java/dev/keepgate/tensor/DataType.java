package dev.keepgate.tensor;

import java.nio.ByteBuffer;

/** How a stored number is encoded: its width, and whether it is real, whole or unsigned. */
public enum DataType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1);

  private final int width;

  DataType(int width) {
    this.width = width;
  }

  /** Bytes a number. */
  public int width() {
    return width;
  }

  /** Whether its numbers are whole. */
  public boolean isInteger() {
    return switch (this) {
      case F64, F32, F16, BF16 -> false;
      default -> true;
    };
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
            case U64 -> unsignedToFloat(bytes.getLong());
            default -> nextInteger(bytes);
          };
    }
  }

  /**
   * Converts the whole numbers of a buffer, from its position to its limit, in its byte order.
   *
   * @param pointer where they stand, for the error
   * @throws TensorFormatException if one is beyond the range of a 32-bit integer
   */
  public int[] toInts(ByteBuffer bytes, String pointer) {
    int[] values = new int[bytes.remaining() / width];
    if (this == I32) {
      bytes.asIntBuffer().get(values);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = toInt(nextInteger(bytes), pointer);
    }
    return values;
  }

  /**
   * A whole number of this type as a 32-bit integer.
   *
   * @param value its bits; an unsigned type of fewer than 64 has them zero-extended
   * @throws TensorFormatException if it is beyond the range of one
   */
  public int toInt(long value, String pointer) {
    if (value != (int) value || (this == U64 && value < 0)) {
      throw new TensorFormatException(
          pointer,
          "holds %s, beyond the range of a 32-bit integer"
              .formatted(this == U64 ? Long.toUnsignedString(value) : Long.toString(value)));
    }
    return (int) value;
  }

  private long nextInteger(ByteBuffer bytes) {
    return switch (this) {
      case I64, U64 -> bytes.getLong();
      case I32 -> bytes.getInt();
      case U32 -> Integer.toUnsignedLong(bytes.getInt());
      case I16 -> bytes.getShort();
      case U16 -> Short.toUnsignedInt(bytes.getShort());
      case I8 -> bytes.get();
      case U8 -> Byte.toUnsignedInt(bytes.get());
      case F64, F32, F16, BF16 -> throw new IllegalStateException(this + " is no whole number");
    };
  }

  /** The nearest float: halved with its last bit kept, so that the sign bit is free. */
  private static float unsignedToFloat(long value) {
    return value >= 0 ? value : 2f * (value >>> 1 | (value & 1));
  }

  /** IEEE 754 binary16; {@code Float.float16ToFloat} came with Java 20. */
  private static float halfToFloat(short half) {
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
