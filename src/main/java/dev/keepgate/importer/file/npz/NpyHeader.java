package dev.keepgate.importer.file.npz;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.tensor.DataType;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an npy file says of its array; format of NumPy's {@code lib.format}, versions 1 to 3.
 *
 * @param type of its numbers
 * @param order of their bytes
 * @param fortran whether the first index runs fastest
 * @param shape its dimensions
 */
record NpyHeader(DataType type, ByteOrder order, boolean fortran, int[] shape) {

  /** What NumPy allows. */
  private static final int MAX_RANK = 64;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** The header is a Python dict literal of three known keys, which is matched, never evaluated. */
  private static final Pattern DICT =
      Pattern.compile(
          "\\{'descr': '([<>|=]?)([a-zA-Z])(\\d{1,2})', 'fortran_order': (True|False),"
              + " 'shape': \\(([0-9, ]*)\\),? *\\}\\s*");

  static NpyHeader read(String name, DataInputStream in, ImportLimits limits)
      throws IOException, ImportException {
    if (!Arrays.equals(in.readNBytes(6), MAGIC)) {
      throw ImportException.malformed("'" + name + "' is no npy file");
    }
    int version = in.readUnsignedByte();
    in.readUnsignedByte();
    long length =
        version == 1
            ? Short.reverseBytes(in.readShort()) & 0xffff
            : Integer.reverseBytes(in.readInt()) & 0xffffffffL;
    if (version < 1 || version > 3 || length > Math.min(limits.maxHeaderBytes(), 1 << 16)) {
      throw ImportException.malformed(
          "'%s' has an npy header of version %d and %d bytes".formatted(name, version, length));
    }
    String dict = new String(in.readNBytes((int) length), StandardCharsets.UTF_8);
    Matcher fields = DICT.matcher(dict);
    if (!fields.matches()) {
      throw ImportException.unsupported(
          name, "its npy header is not that of a plain array of numbers: " + dict.strip());
    }
    return new NpyHeader(
        type(name, String.valueOf(fields.group(2)) + fields.group(3)),
        ">".equals(fields.group(1)) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        "True".equals(fields.group(4)),
        shape(name, String.valueOf(fields.group(5))));
  }

  private static int[] shape(String name, String text) throws ImportException {
    try {
      int[] shape =
          Arrays.stream(text.split(","))
              .map(String::strip)
              .filter(size -> !size.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      if (shape.length > MAX_RANK) {
        throw ImportException.malformed(
            "'%s' has %d dimensions, %d are allowed".formatted(name, shape.length, MAX_RANK));
      }
      return shape;
    } catch (NumberFormatException e) {
      throw ImportException.malformed("'%s' has the impossible shape (%s)".formatted(name, text));
    }
  }

  private static DataType type(String name, String type) throws ImportException {
    return switch (type) {
      case "f8" -> DataType.F64;
      case "f4" -> DataType.F32;
      case "f2" -> DataType.F16;
      case "i8" -> DataType.I64;
      case "i4" -> DataType.I32;
      case "i2" -> DataType.I16;
      case "i1" -> DataType.I8;
      case "u1", "b1" -> DataType.U8;
      default -> throw ImportException.unsupported(name, "holds numbers of type " + type);
    };
  }
}
