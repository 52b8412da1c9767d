package dev.keepgate.api.oip;

import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The protocol's tensor types that an LSTM can take; BOOL and BYTES are none of them. */
enum Datatype {
  FP32(4, false),
  FP64(8, false),
  FP16(2, false),
  BF16(2, false),
  INT64(8, true),
  INT32(4, true),
  INT16(2, true),
  INT8(1, true),
  UINT64(8, true),
  UINT32(4, true),
  UINT16(2, true),
  UINT8(1, true);

  private static final Map<String, Datatype> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Enum::name, type -> type));

  private final int bytes;
  private final boolean integer;

  Datatype(int bytes, boolean integer) {
    this.bytes = bytes;
    this.integer = integer;
  }

  boolean isInteger() {
    return integer;
  }

  /**
   * @throws TensorFormatException if it is no type that is served here
   */
  static Datatype of(String name, String pointer) {
    Datatype type = BY_NAME.get(name);
    if (type == null) {
      throw new TensorFormatException(
          pointer, "datatype '%s' is not one of %s".formatted(name, Arrays.toString(values())));
    }
    return type;
  }

  /**
   * A tensor from its little-endian, row-major bytes.
   *
   * @param memory of the array that is made
   * @throws TensorFormatException if there are not as many bytes as the shape asks for
   */
  Tensor read(ByteBuffer data, int[] shape, String pointer, ArrayMemory memory) {
    int count = count(shape, pointer + "/shape");
    long expected = (long) count * bytes;
    if (data.remaining() != expected) {
      throw new TensorFormatException(
          pointer,
          "%s of shape %s takes %d bytes, got %d"
              .formatted(name(), Arrays.toString(shape), expected, data.remaining()));
    }
    memory.change((long) Float.BYTES * count);
    ByteBuffer little = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (integer) {
      int[] values = new int[count];
      for (int i = 0; i < count; i++) {
        values[i] = toInt(integerAt(little, i), pointer);
      }
      return new Tensor.Ints(shape, values);
    }
    float[] values = new float[count];
    if (this == FP32) {
      little.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = realAt(little, i);
      }
    }
    return new Tensor.Floats(shape, values);
  }

  private long integerAt(ByteBuffer data, int i) {
    return switch (this) {
      case INT64, UINT64 -> data.getLong(i * 8);
      case INT32 -> data.getInt(i * 4);
      case UINT32 -> Integer.toUnsignedLong(data.getInt(i * 4));
      case INT16 -> data.getShort(i * 2);
      case UINT16 -> Short.toUnsignedInt(data.getShort(i * 2));
      case UINT8 -> Byte.toUnsignedInt(data.get(i));
      default -> data.get(i);
    };
  }

  private float realAt(ByteBuffer data, int i) {
    return switch (this) {
      case FP64 -> (float) data.getDouble(i * 8);
      case BF16 -> Float.intBitsToFloat(data.getShort(i * 2) << 16);
      default -> halfToFloat(data.getShort(i * 2));
    };
  }

  /** IEEE 754 binary16; {@code Float.float16ToFloat} comes with Java 20. */
  private static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float value = fraction * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    int wide = exponent == 31 ? 0xff : exponent + 112;
    return Float.intBitsToFloat(sign | (wide << 23) | (fraction << 13));
  }

  /**
   * How many numbers a shape has.
   *
   * @throws TensorFormatException if no array can hold as many
   */
  static int count(int[] shape, String pointer) {
    long count = 1;
    for (int size : shape) {
      count = Math.min(count * size, Integer.MAX_VALUE + 1L);
    }
    if (count > Integer.MAX_VALUE) {
      throw new TensorFormatException(
          pointer, "%s has too many numbers".formatted(Arrays.toString(shape)));
    }
    return (int) count;
  }

  static int toInt(long value, String pointer) {
    if (value != (int) value) {
      throw new TensorFormatException(
          pointer, "holds %d, beyond the range of a 32-bit integer".formatted(value));
    }
    return (int) value;
  }
}
