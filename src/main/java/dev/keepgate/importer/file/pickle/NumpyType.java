package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import dev.keepgate.tensor.DataType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How NumPy stores an element: its {@code dtype}. */
final class NumpyType {

  private static final Pattern CODE = Pattern.compile("([<>|=]?)([fiubSUO])(\\d{0,9})");

  private final char kind;
  private final int width;
  private ByteOrder order;

  private NumpyType(char kind, int width, ByteOrder order) {
    this.kind = kind;
    this.width = width;
    this.order = order;
  }

  /**
   * A type by its code, as {@code f8} or {@code U5}.
   *
   * @throws ImportException if it is none of numbers, strings or objects
   */
  static NumpyType of(String code) throws ImportException {
    Matcher fields = CODE.matcher(code);
    if (!fields.matches()) {
      throw unsupported(code);
    }
    char kind = code.charAt(fields.start(2));
    String digits = String.valueOf(fields.group(3));
    long count = digits.isEmpty() ? 1 : Long.parseLong(digits);
    boolean isKnown =
        switch (kind) {
          case 'f' -> count == 2 || count == 4 || count == 8;
          case 'i', 'u' -> count == 1 || count == 2 || count == 4 || count == 8;
          case 'b' -> count == 1;
          case 'U' -> count <= Integer.MAX_VALUE / 4;
          default -> true;
        };
    if (!isKnown) {
      throw unsupported(code);
    }
    return new NumpyType(
        kind,
        (int) (kind == 'U' ? 4 * count : count),
        ">".equals(fields.group(1)) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
  }

  private static ImportException unsupported(String code) {
    return ImportException.unsupported(
        "numpy.dtype", "arrays of '%s' are not read; only numbers and strings are".formatted(code));
  }

  /** Takes the state of its pickle: version, order, then what only types of several parts have. */
  void build(List<?> state) throws ImportException {
    for (int i = 2; i < Math.min(state.size(), 5); i++) {
      if (state.get(i) != Unpickler.NONE) {
        throw ImportException.unsupported(
            "numpy.dtype", "arrays of several fields are not read; only plain ones are");
      }
    }
    if (state.size() < 2) {
      throw ImportException.malformed("numpy.dtype", "its state is cut short");
    }
    order = ">".equals(state.get(1)) ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }

  /** Whether elements are Python objects, which lie elsewhere. */
  boolean isObject() {
    return kind == 'O';
  }

  /** Bytes an element. */
  int width() {
    return width;
  }

  /** An element as a {@link Double}, {@link Long}, {@link Boolean} or {@link String}. */
  Object element(byte[] data, int index) throws ImportException {
    ByteBuffer bytes = ByteBuffer.wrap(data, index * width, width).slice().order(order);
    return switch (kind) {
      case 'f' -> real(bytes);
      case 'b' -> bytes.get() != 0;
      case 'U' -> unicode(bytes);
      case 'S' -> text(bytes);
      default -> whole(bytes);
    };
  }

  private double real(ByteBuffer bytes) {
    if (width == 2) {
      float[] half = new float[1];
      DataType.F16.toFloats(bytes, half, 0);
      return half[0];
    }
    return width == 4 ? bytes.getFloat() : bytes.getDouble();
  }

  private Object whole(ByteBuffer bytes) {
    boolean isSigned = kind == 'i';
    return switch (width) {
      case 1 -> isSigned ? (long) bytes.get() : Byte.toUnsignedLong(bytes.get());
      case 2 -> isSigned ? (long) bytes.getShort() : Short.toUnsignedLong(bytes.getShort());
      case 4 -> isSigned ? (long) bytes.getInt() : Integer.toUnsignedLong(bytes.getInt());
      default -> {
        long value = bytes.getLong();
        yield isSigned || value >= 0
            ? (Object) value
            : new BigInteger(Long.toUnsignedString(value));
      }
    };
  }

  private static String unicode(ByteBuffer bytes) throws ImportException {
    StringBuilder text = new StringBuilder();
    int[] points = new int[bytes.remaining() / 4];
    int end = 0;
    for (int i = 0; i < points.length; i++) {
      points[i] = bytes.getInt();
      end = points[i] == 0 ? end : i + 1;
    }
    for (int i = 0; i < end; i++) {
      if (!Character.isValidCodePoint(points[i])) {
        throw ImportException.malformed("an array of strings holds what is no character");
      }
      text.appendCodePoint(points[i]);
    }
    return text.toString();
  }

  private static String text(ByteBuffer bytes) {
    int end = bytes.limit();
    while (end > 0 && bytes.get(end - 1) == 0) {
      end--;
    }
    return StandardCharsets.UTF_8.decode(bytes.limit(end)).toString();
  }
}
