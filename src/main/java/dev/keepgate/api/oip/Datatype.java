package dev.keepgate.api.oip;

import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.DataType;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The protocol's tensor types that an LSTM can take; BOOL and BYTES are none of them. */
public enum Datatype {
  FP32(DataType.F32),
  FP64(DataType.F64),
  FP16(DataType.F16),
  BF16(DataType.BF16),
  INT64(DataType.I64),
  INT32(DataType.I32),
  INT16(DataType.I16),
  INT8(DataType.I8),
  UINT64(DataType.U64),
  UINT32(DataType.U32),
  UINT16(DataType.U16),
  UINT8(DataType.U8);

  private static final Map<String, Datatype> BY_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(Enum::name, datatype -> datatype));

  private final DataType type;

  Datatype(DataType type) {
    this.type = type;
  }

  /** How its numbers are encoded. */
  public DataType type() {
    return type;
  }

  /**
   * @throws TensorFormatException if it is no type that is served here
   */
  public static Datatype of(String name, String pointer) {
    Datatype datatype = BY_NAME.get(name);
    if (datatype == null) {
      throw new TensorFormatException(
          pointer, "datatype '%s' is not one of %s".formatted(name, Arrays.toString(values())));
    }
    return datatype;
  }

  /**
   * A tensor from its little-endian, row-major bytes.
   *
   * @param memory of the array that is made
   * @throws TensorFormatException if there are not as many bytes as the shape asks for
   */
  public Tensor read(ByteBuffer data, int[] shape, String pointer, ArrayMemory memory) {
    int count = count(shape, pointer + "/shape");
    long expected = (long) count * type.width();
    if (data.remaining() != expected) {
      throw new TensorFormatException(
          pointer,
          "%s of shape %s takes %d bytes, got %d"
              .formatted(name(), Arrays.toString(shape), expected, data.remaining()));
    }
    memory.change((long) (this == FP64 ? Double.BYTES : Float.BYTES) * count);
    ByteBuffer little = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (this == FP64) {
      double[] values = new double[count];
      little.asDoubleBuffer().get(values);
      return new Tensor.Doubles(shape, values);
    }
    if (type.isInteger()) {
      return new Tensor.Ints(shape, type.toInts(little, pointer));
    }
    float[] values = new float[count];
    type.toFloats(little, values, 0);
    return new Tensor.Floats(shape, values);
  }

  /**
   * How many numbers a shape has.
   *
   * @throws TensorFormatException if no array can hold as many
   */
  public static int count(int[] shape, String pointer) {
    long count = Tensor.count(shape);
    if (count > Integer.MAX_VALUE) {
      throw new TensorFormatException(
          pointer, "%s has too many numbers".formatted(Arrays.toString(shape)));
    }
    return (int) count;
  }
}
