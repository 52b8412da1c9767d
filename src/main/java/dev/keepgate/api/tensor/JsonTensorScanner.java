package dev.keepgate.api.tensor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepgate.model.Tensor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads requests as nearly all clients write them, from bytes straight to primitive arrays.
 * Whatever is wrong, or right but rare, is {@link Unusual}: then the careful reader has to read the
 * body and say what is wrong with it, so that there is one place for errors.
 *
 * <p>It never takes what RFC 8259 forbids, and reads every number to the nearest float.
 */
public final class JsonTensorScanner {

  /** The body has to be read by the careful reader. */
  public static final class Unusual extends Exception {

    private static final long serialVersionUID = 1L;

    public Unusual() {
      super("not in the usual form", null, false, false);
    }
  }

  private static final int MAX_RANK = 8;

  /** Exact as doubles. */
  private static final double[] POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final int MAX_DIGITS = 18;

  /** The first of eight characters lowest. */
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] json;
  private int at;

  public JsonTensorScanner(byte[] json) {
    this.json = json;
  }

  private int peek() {
    while (at < json.length) {
      int next = json[at];
      if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
        return next;
      }
      at++;
    }
    return -1;
  }

  /** Takes the character if it is next, white space aside. */
  public boolean takes(char expected) {
    if (peek() != expected) {
      return false;
    }
    at++;
    return true;
  }

  /** Takes the character, which must be next. */
  public void expect(char expected) throws Unusual {
    if (!takes(expected)) {
      throw new Unusual();
    }
  }

  /** Nothing may follow. */
  public void expectEnd() throws Unusual {
    if (peek() != -1) {
      throw new Unusual();
    }
  }

  /** A property's name, of small letters and underscores, and its colon. */
  public String name() throws Unusual {
    expect('"');
    int begin = at;
    while (at < json.length && ((json[at] >= 'a' && json[at] <= 'z') || json[at] == '_')) {
      at++;
    }
    String name = new String(json, begin, at - begin, US_ASCII);
    if (at == json.length || json[at++] != '"') {
      throw new Unusual();
    }
    expect(':');
    return name;
  }

  public boolean flag() throws Unusual {
    boolean value = peek() == 't';
    for (byte expected : (value ? "true" : "false").getBytes(US_ASCII)) {
      if (at == json.length || json[at++] != expected) {
        throw new Unusual();
      }
    }
    return value;
  }

  /** A nested array of numbers. */
  public Tensor.Floats floats() throws Unusual {
    Floats values = new Floats();
    int[] shape = nested(values);
    return new Tensor.Floats(shape, values.toArray());
  }

  /** A nested array of whole numbers of 32 bits. */
  public Tensor.Ints ints() throws Unusual {
    Ints values = new Ints();
    int[] shape = nested(values);
    return new Tensor.Ints(shape, values.toArray());
  }

  /** Takes the numbers of an array. */
  private interface Numbers {
    void read() throws Unusual;
  }

  /** Walks through the brackets; all rows of an axis must be equally long and not empty. */
  private int[] nested(Numbers numbers) throws Unusual {
    int[] sizes = new int[MAX_RANK];
    int[] counts = new int[MAX_RANK];
    int rank = 0;
    while (takes('[')) {
      if (++rank > MAX_RANK) {
        throw new Unusual();
      }
    }
    int depth = rank;
    while (depth > 0) {
      peek();
      numbers.read();
      counts[rank - 1]++;
      while (depth > 0 && !takes(',')) {
        expect(']');
        depth--;
        if (sizes[depth] != 0 && sizes[depth] != counts[depth]) {
          throw new Unusual();
        }
        sizes[depth] = counts[depth];
        counts[depth] = 0;
        if (depth > 0) {
          counts[depth - 1]++;
        }
      }
      while (depth > 0 && depth < rank) {
        expect('[');
        depth++;
      }
    }
    if (rank == 0) {
      throw new Unusual();
    }
    return Arrays.copyOf(sizes, rank);
  }

  private int capacity() {
    return Math.max(16, Math.min((json.length - at) / 8, 1 << 20));
  }

  private int digit() {
    int digit = at < json.length ? json[at] - '0' : -1;
    return digit >= 0 && digit <= 9 ? digit : -1;
  }

  private final class Ints implements Numbers {

    private int[] values = new int[capacity()];
    private int count;

    @Override
    public void read() throws Unusual {
      boolean negative = at < json.length && json[at] == '-';
      at += negative ? 1 : 0;
      int begin = at;
      long value = 0;
      for (int digit = digit(); digit >= 0; digit = digit()) {
        value = value * 10 + digit;
        at++;
        if (at - begin > 10) {
          throw new Unusual();
        }
      }
      value = negative ? -value : value;
      boolean leadingZero = at - begin > 1 && json[begin] == '0';
      boolean more = at < json.length && (json[at] == '.' || (json[at] | 0x20) == 'e');
      if (at == begin || leadingZero || more || value != (int) value) {
        throw new Unusual();
      }
      if (count == values.length) {
        values = Arrays.copyOf(values, count * 2);
      }
      values[count++] = (int) value;
    }

    int[] toArray() {
      return count == values.length ? values : Arrays.copyOf(values, count);
    }
  }

  private final class Floats implements Numbers {

    private float[] values = new float[capacity()];
    private int count;

    @Override
    public void read() throws Unusual {
      float value = number();
      if (count == values.length) {
        values = Arrays.copyOf(values, count * 2);
      }
      values[count++] = value;
    }

    float[] toArray() {
      return count == values.length ? values : Arrays.copyOf(values, count);
    }
  }

  /** Works on locals: a field is written back at every digit. */
  private float number() throws Unusual {
    byte[] text = json;
    int begin = at;
    boolean negative = begin < text.length && text[begin] == '-';
    int first = negative ? begin + 1 : begin;
    int next = first;
    long digits = 0;
    while (next < text.length && isDigit(text[next])) {
      digits = digits * 10 + (text[next++] - '0');
    }
    if (next == first || (text[first] == '0' && next - first > 1)) {
      throw new Unusual();
    }
    int count = next - first;
    int exponent = 0;
    if (next < text.length && text[next] == '.') {
      int point = ++next;
      for (; next + Long.BYTES <= text.length; next += Long.BYTES) {
        long eight = (long) EIGHT.get(text, next);
        if (!areDigits(eight)) {
          break;
        }
        digits = digits * 100_000_000 + number(eight);
      }
      while (next < text.length && isDigit(text[next])) {
        digits = digits * 10 + (text[next++] - '0');
      }
      if (next == point) {
        throw new Unusual();
      }
      exponent = point - next;
      count -= exponent;
    }
    at = next;
    if (next < text.length && (text[next] | 0x20) == 'e') {
      exponent += exponentPart();
    }
    if (count > MAX_DIGITS || exponent < -22 || exponent > 22) {
      return parse(begin);
    }
    return rounded(negative, digits, exponent, begin);
  }

  private float rounded(boolean negative, long digits, int exponent, int begin) throws Unusual {
    double magnitude = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
    if (isDoubtful(magnitude)) {
      return parse(begin);
    }
    return negative ? (float) -magnitude : (float) magnitude;
  }

  private static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }

  /**
   * Whether all of eight characters are digits (D. Lemire, "Number parsing at a gigabyte per
   * second").
   */
  private static boolean areDigits(long eight) {
    long high = 0xf0f0_f0f0_f0f0_f0f0L;
    return ((eight & high) | (((eight + 0x0606_0606_0606_0606L) & high) >>> 4))
        == 0x3333_3333_3333_3333L;
  }

  /** What eight digits mean: pairs, then fours, then all are put together side by side. */
  private static long number(long eight) {
    long pairs = ((eight & 0x0f0f_0f0f_0f0f_0f0fL) * (10 << 8 | 1)) >>> 8;
    long fours = ((pairs & 0x00ff_00ff_00ff_00ffL) * (100 << 16 | 1)) >>> 16;
    return ((fours & 0x0000_ffff_0000_ffffL) * (10_000L << 32 | 1)) >>> 32;
  }

  private int exponentPart() throws Unusual {
    at++;
    boolean negative = at < json.length && json[at] == '-';
    if (negative || (at < json.length && json[at] == '+')) {
      at++;
    }
    int begin = at;
    int exponent = 0;
    for (int digit = digit(); digit >= 0; digit = digit()) {
      exponent = Math.min(exponent * 10 + digit, 10_000);
      at++;
    }
    if (at == begin) {
      throw new Unusual();
    }
    return negative ? -exponent : exponent;
  }

  /**
   * Whether a double within two roundings of a decimal may round to another float than the decimal
   * does: it lies about halfway between two floats, or where floats are sparser than their bits.
   */
  private static boolean isDoubtful(double magnitude) {
    if (magnitude == 0) {
      return false;
    }
    if (magnitude < Float.MIN_NORMAL * 2 || magnitude > Float.MAX_VALUE / 2) {
      return true;
    }
    int below = (int) (Double.doubleToRawLongBits(magnitude) & 0x1fff_ffff);
    return Math.abs(below - 0x1000_0000) <= 2;
  }

  private float parse(int begin) throws Unusual {
    float value = Float.parseFloat(new String(json, begin, at - begin, US_ASCII));
    if (!Float.isFinite(value)) {
      throw new Unusual();
    }
    return value;
  }
}
