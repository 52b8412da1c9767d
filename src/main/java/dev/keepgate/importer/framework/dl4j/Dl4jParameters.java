package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.tensor.DataType;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * All parameters of a network, one after the other, as ND4J writes an array: a buffer of its shape,
 * then a buffer of its numbers. A buffer is its allocation mode, its length and the type of its
 * numbers, then these, big-endian ({@code Nd4j.write}, {@code BaseDataBuffer.write}).
 */
final class Dl4jParameters {

  private static final int CHUNK = 1 << 20;

  /** An array has at most 32 dimensions, each with a size and a stride, and four more numbers. */
  private static final long MAX_SHAPE = 2 * 32 + 4;

  private final DataInputStream in;
  private final DataType type;
  private long left;

  /**
   * @param length how many numbers follow
   */
  private record Header(DataType type, long length) {}

  private Dl4jParameters(DataInputStream in, Header numbers) {
    this.in = in;
    this.type = numbers.type();
    this.left = numbers.length();
  }

  /** Reads up to the first number. */
  static Dl4jParameters open(InputStream stream, ImportLimits limits)
      throws IOException, ImportException {
    DataInputStream in = new DataInputStream(stream);
    Header shape = header("coefficients.bin", in);
    if (shape.length() > MAX_SHAPE) {
      throw ImportException.malformed(
          "coefficients.bin has a shape of %d numbers".formatted(shape.length()));
    }
    in.skipNBytes(shape.length() * shape.type().width());
    Header numbers = header("coefficients.bin", in);
    if (numbers.length() > limits.maxBytes() / Float.BYTES) {
      throw ImportException.tooLarge(
          "coefficients.bin claims %d numbers; %d bytes are allowed"
              .formatted(numbers.length(), limits.maxBytes()));
    }
    return new Dl4jParameters(in, numbers);
  }

  private static Header header(String file, DataInputStream in)
      throws IOException, ImportException {
    String mode = in.readUTF();
    long length =
        switch (mode) {
          case "MIXED_DATA_TYPES", "LONG_SHAPE" -> in.readLong();
          case "HEAP", "DIRECT", "JAVACPP" -> in.readInt();
          default -> -1;
        };
    String type = in.readUTF();
    DataType known =
        switch (type) {
          case "DOUBLE" -> DataType.F64;
          case "FLOAT" -> DataType.F32;
          case "HALF" -> DataType.F16;
          case "BFLOAT16" -> DataType.BF16;
          case "LONG" -> DataType.I64;
          case "INT" -> DataType.I32;
          default -> null;
        };
    if (length < 0 || known == null) {
      throw ImportException.malformed(
          "%s has a buffer of mode '%s', length %d, type '%s'".formatted(file, mode, length, type));
    }
    return new Header(known, length);
  }

  /**
   * Reads an array by itself, at its own precision.
   *
   * @param file for the message
   * @param max how many numbers it may have
   */
  static double[] array(String file, DataInputStream in, int max)
      throws IOException, ImportException {
    Header shape = header(file, in);
    if (shape.length() > MAX_SHAPE) {
      throw ImportException.malformed(
          "%s has a shape of %d numbers".formatted(file, shape.length()));
    }
    in.skipNBytes(shape.length() * shape.type().width());
    Header numbers = header(file, in);
    if (numbers.length() > max) {
      throw ImportException.tooLarge(
          "%s claims %d numbers; %d are allowed".formatted(file, numbers.length(), max));
    }
    int count = (int) numbers.length();
    boolean isDouble = numbers.type() == DataType.F64;
    byte[] bytes = in.readNBytes(count * numbers.type().width());
    if (bytes.length < count * numbers.type().width()) {
      throw new EOFException("it ends before its numbers do");
    }
    double[] values = new double[count];
    float[] floats = new float[isDouble ? 0 : count];
    if (!isDouble) {
      numbers.type().toFloats(ByteBuffer.wrap(bytes), floats, 0);
    }
    for (int i = 0; i < count; i++) {
      values[i] = isDouble ? ByteBuffer.wrap(bytes).getDouble(i * Double.BYTES) : floats[i];
    }
    return values;
  }

  /**
   * Reads the next numbers.
   *
   * @param layer whose they are
   * @throws ImportException if there are not as many
   */
  float[] next(String layer, long count) throws IOException, ImportException {
    if (count > left || count > Integer.MAX_VALUE) {
      throw ImportException.unsupported(
          layer, "needs %d parameters, coefficients.bin has %d left".formatted(count, left));
    }
    left -= count;
    float[] values = new float[(int) count];
    byte[] chunk = new byte[Math.min(CHUNK, values.length * type.width())];
    for (int done = 0; done < values.length; ) {
      int numbers = Math.min(chunk.length / type.width(), values.length - done);
      in.readFully(chunk, 0, numbers * type.width());
      type.toFloats(ByteBuffer.wrap(chunk, 0, numbers * type.width()), values, done);
      done += numbers;
    }
    return values;
  }

  /**
   * Checks that all was read.
   *
   * @throws ImportException if the network has fewer parameters than the file
   */
  void end() throws ImportException {
    if (left > 0) {
      throw ImportException.unsupported(
          "coefficients.bin", "holds %d parameters more than the layers have".formatted(left));
    }
  }
}
