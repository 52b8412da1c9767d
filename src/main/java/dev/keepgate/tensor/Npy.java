package dev.keepgate.tensor;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * NumPy's npy format, versions 1 to 3, as a message body: one array, whose header is a Python
 * literal that is matched, never evaluated.
 */
public final class Npy {

  public static final String MEDIA_TYPE = "application/x-npy";

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Bytes of the shortest beginning, of a version that has four for the header's length. */
  private static final int LEAST = MAGIC.length + 2 + Integer.BYTES;

  private static final int LONGEST_HEADER = 1 << 16;
  private static final int MAX_RANK = 8;

  /** Where NumPy has the numbers begin: at a multiple of this. */
  private static final int ALIGNMENT = 64;

  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '([<>|=]?)([a-zA-Z]\\d{1,2})', 'fortran_order': (True|False),"
              + " 'shape': \\(([0-9, ]*)\\),? *\\}\\s*");

  private Npy() {}

  /**
   * Reads an array.
   *
   * @param size how many of the bytes are the body's
   * @param memory of the array that is made
   * @return reals as {@link Tensor.Floats}, or as {@link Tensor.Doubles} where they are of 64 bits,
   *     integers as {@link Tensor.Ints}
   * @throws TensorFormatException if the body is not what it claims to be
   */
  public static Tensor read(byte[] body, int size, ArrayMemory memory) {
    if (size < LEAST || !Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw fault("is no npy file");
    }
    ByteBuffer bytes = ByteBuffer.wrap(body, 0, size).order(ByteOrder.LITTLE_ENDIAN);
    int version = body[MAGIC.length];
    bytes.position(MAGIC.length + 2);
    long length =
        version == 1
            ? Short.toUnsignedLong(bytes.getShort())
            : Integer.toUnsignedLong(bytes.getInt());
    if (version < 1 || version > 3 || length > Math.min(LONGEST_HEADER, bytes.remaining())) {
      throw fault("has an npy header of version %d and %d bytes".formatted(version, length));
    }
    String text =
        new String(body, bytes.position(), (int) length, StandardCharsets.ISO_8859_1).strip();
    Matcher header = HEADER.matcher(text);
    if (!header.matches()) {
      throw fault("is no plain array of numbers: " + text);
    }
    if (header.group(3).equals("True")) {
      throw fault("is in Fortran's order; save it by numpy.ascontiguousarray");
    }
    bytes.position(bytes.position() + (int) length);
    bytes.order(header.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    return tensor(bytes, type(header.group(2)), shape(header.group(4)), memory);
  }

  private static Tensor tensor(ByteBuffer bytes, DataType type, int[] shape, ArrayMemory memory) {
    long count = Tensor.count(shape);
    if (count > bytes.remaining() || count * type.width() != bytes.remaining()) {
      throw fault(
          "has %d bytes of numbers, its shape %s and type %s say other"
              .formatted(bytes.remaining(), Arrays.toString(shape), type));
    }
    memory.change(count * (type == DataType.F64 ? Double.BYTES : Float.BYTES));
    if (type.isInteger()) {
      return new Tensor.Ints(shape, type.toInts(bytes, ""));
    }
    if (type == DataType.F64) {
      double[] values = new double[(int) count];
      bytes.asDoubleBuffer().get(values);
      return new Tensor.Doubles(shape, values);
    }
    float[] values = new float[(int) count];
    type.toFloats(bytes, values, 0);
    return new Tensor.Floats(shape, values);
  }

  private static DataType type(String type) {
    return switch (type) {
      case "f8" -> DataType.F64;
      case "f4" -> DataType.F32;
      case "f2" -> DataType.F16;
      case "i8" -> DataType.I64;
      case "i4" -> DataType.I32;
      case "i2" -> DataType.I16;
      case "i1" -> DataType.I8;
      case "u8" -> DataType.U64;
      case "u4" -> DataType.U32;
      case "u2" -> DataType.U16;
      case "u1" -> DataType.U8;
      default ->
          throw fault("holds numbers of type %s, not f8, f4, f2, or i and u".formatted(type));
    };
  }

  private static int[] shape(String text) {
    try {
      int[] shape =
          Arrays.stream(text.split(",", -1))
              .map(String::strip)
              .filter(size -> !size.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      if (shape.length <= MAX_RANK) {
        return shape;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw fault("has the impossible shape (%s)".formatted(text));
  }

  private static TensorFormatException fault(String detail) {
    return new TensorFormatException("", "the body " + detail);
  }

  /** Writes an array of 32-bit floats. */
  public static void write(OutputStream out, Tensor.Floats tensor) throws IOException {
    int[] shape = tensor.shape();
    String sizes =
        IntStream.of(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    String header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }"
            .formatted(shape.length == 1 ? sizes + "," : sizes);
    int begun = MAGIC.length + 4;
    int padding = Math.floorMod(-(begun + header.length() + 1), ALIGNMENT);
    byte[] text = (header + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    out.write(MAGIC);
    out.write(new byte[] {1, 0, (byte) text.length, (byte) (text.length >> 8)});
    out.write(text);
    LittleEndian.write(tensor.values(), out);
  }
}
