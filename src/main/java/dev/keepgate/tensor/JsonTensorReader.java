package dev.keepgate.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads nested arrays of numbers into one primitive array, in one pass and without an object a
 * number.
 */
public final class JsonTensorReader {

  /** Deeper than any tensor of any request. */
  private static final int MAX_RANK = 8;

  private final JsonParser parser;
  private final String pointer;
  private final DataType type;
  private final ArrayMemory memory;
  private final int[] sizes = new int[MAX_RANK];
  private final int[] index = new int[MAX_RANK];
  private int rank = -1;
  private int count;
  private float[] floats = new float[0];
  private double[] doubles = new double[0];
  private int[] ints = new int[0];

  private JsonTensorReader(JsonParser parser, String pointer, DataType type, ArrayMemory memory) {
    this.memory = memory;
    this.parser = parser;
    this.pointer = pointer;
    this.type = type;
    Arrays.fill(sizes, -1);
    switch (type) {
      case I32 -> ints = new int[64];
      case F64 -> doubles = new double[64];
      default -> floats = new float[64];
    }
  }

  /**
   * Reads the value that the parser stands on.
   *
   * @param pointer where it stands, for errors
   * @param memory of the arrays that are made
   * @throws TensorFormatException if it is no number or array of numbers, is ragged, or holds a
   *     number beyond the range of a float
   */
  public static Tensor.Floats readFloats(JsonParser parser, String pointer, ArrayMemory memory) {
    JsonTensorReader reader = new JsonTensorReader(parser, pointer, DataType.F32, memory);
    reader.readValue(0);
    memory.change((long) Float.BYTES * reader.count);
    return new Tensor.Floats(reader.shape(), Arrays.copyOf(reader.floats, reader.count));
  }

  /** Reads numbers in double precision; otherwise as {@link #readFloats}. */
  public static Tensor.Doubles readDoubles(JsonParser parser, String pointer, ArrayMemory memory) {
    JsonTensorReader reader = new JsonTensorReader(parser, pointer, DataType.F64, memory);
    reader.readValue(0);
    memory.change((long) Double.BYTES * reader.count);
    return new Tensor.Doubles(reader.shape(), Arrays.copyOf(reader.doubles, reader.count));
  }

  /** Reads whole numbers of 32 bits, 3.0 among them; otherwise as {@link #readFloats}. */
  public static Tensor.Ints readInts(JsonParser parser, String pointer, ArrayMemory memory) {
    JsonTensorReader reader = new JsonTensorReader(parser, pointer, DataType.I32, memory);
    reader.readValue(0);
    memory.change((long) Integer.BYTES * reader.count);
    return new Tensor.Ints(reader.shape(), Arrays.copyOf(reader.ints, reader.count));
  }

  /** Reads an array of tensors that may differ in shape. */
  public static List<Tensor> readEach(JsonParser parser, String pointer, ArrayMemory memory) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException(pointer, "expected an array of tensors");
    }
    List<Tensor> tensors = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      tensors.add(readFloats(parser, pointer + "/" + tensors.size(), memory));
    }
    return tensors;
  }

  private int[] shape() {
    return Arrays.copyOf(sizes, Math.max(rank, 0));
  }

  private void readValue(int depth) {
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      readArray(depth);
      return;
    }
    if (rank >= 0 && rank != depth) {
      throw fault(depth, "expected an array, got a number: all rows must be equally deep");
    }
    rank = depth;
    switch (type) {
      case I32 -> readInt(depth);
      case F64 -> readDouble(depth);
      default -> readFloat(depth);
    }
    count++;
  }

  private void readArray(int depth) {
    if (depth == MAX_RANK) {
      throw fault(depth, "arrays are nested deeper than " + MAX_RANK);
    }
    if (rank >= 0 && depth >= rank) {
      throw fault(depth, "expected a number, got an array: all rows must be equally deep");
    }
    int size = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      index[depth] = size;
      readValue(depth + 1);
      size++;
    }
    if (sizes[depth] >= 0 && sizes[depth] != size) {
      throw fault(
          depth,
          "has %d elements, the ones before it have %d: rows must be equally long"
              .formatted(size, sizes[depth]));
    }
    if (size == 0) {
      rank = rank < 0 ? depth + 1 : rank;
    }
    sizes[depth] = size;
  }

  private void readFloat(int depth) {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
      throw fault(depth, "expected a number, got " + describe(token));
    }
    float value = parser.getFloatValue();
    if (!Float.isFinite(value)) {
      throw new NumberRangeException(where(depth), "is beyond the range of a 32-bit float");
    }
    if (count == floats.length) {
      floats = Arrays.copyOf(floats, grown(depth));
    }
    floats[count] = value;
  }

  private void readDouble(int depth) {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
      throw fault(depth, "expected a number, got " + describe(token));
    }
    double value = parser.getDoubleValue();
    if (!Double.isFinite(value)) {
      throw new NumberRangeException(where(depth), "is beyond the range of a 64-bit float");
    }
    if (count == doubles.length) {
      doubles = Arrays.copyOf(doubles, grown(depth));
    }
    doubles[count] = value;
  }

  private void readInt(int depth) {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      throw fault(depth, "expected an integer, got " + describe(token));
    }
    double value = parser.getDoubleValue();
    if (value != Math.rint(value)) {
      throw fault(depth, "expected an integer, got a number with a fraction");
    }
    if (value != (int) value) {
      throw fault(depth, "is beyond the range of a 32-bit integer");
    }
    if (count == ints.length) {
      ints = Arrays.copyOf(ints, grown(depth));
    }
    ints[count] = (int) value;
  }

  private int grown(int depth) {
    if (count > (1 << 29)) {
      throw fault(depth, "is one number too many for one tensor");
    }
    memory.change((long) type.width() * count);
    return count * 2;
  }

  private static String describe(JsonToken token) {
    return switch (token) {
      case VALUE_STRING -> "a string";
      case VALUE_NULL -> "null";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      case START_OBJECT -> "an object";
      default -> token.toString();
    };
  }

  private TensorFormatException fault(int depth, String detail) {
    return new TensorFormatException(where(depth), detail);
  }

  private String where(int depth) {
    StringBuilder where = new StringBuilder(pointer);
    for (int i = 0; i < depth; i++) {
      where.append('/').append(index[i]);
    }
    return where.toString();
  }
}
