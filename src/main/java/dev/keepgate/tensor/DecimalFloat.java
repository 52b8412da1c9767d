package dev.keepgate.tensor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepgate.tensor.JsonTensorScanner.NotScannedException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A JSON number (RFC 8259, section 6) read to the nearest float.
 *
 * <p>Where the next number begins depends on this one's length, not on its value, so a processor
 * overlaps several numbers as long as no field is written and read back in between.
 */
final class DecimalFloat {

  /** Powers of ten that a float can need, each to the nearest double. */
  private static final int MAX_POWER = 40;

  private static final int MIN_POWER = -60;
  private static final double[] POWERS =
      IntStream.rangeClosed(MIN_POWER, MAX_POWER)
          .mapToDouble(power -> Double.parseDouble("1e" + power))
          .toArray();

  /** 10^n. */
  private static final long[] SHIFTS =
      LongStream.iterate(1, power -> 10 * power).limit(Long.BYTES + 1).toArray();

  /** 10^(18 - n): less than that stays below 10^18 with n more digits. */
  private static final long[] ROOM =
      IntStream.rangeClosed(0, Long.BYTES)
          .mapToLong(n -> 1_000_000_000_000_000_000L / SHIFTS[n])
          .toArray();

  private static final int MAX_WHOLE_DIGITS = 18;

  /** Digits that a double may have beyond sixteen decimals. */
  private static final int MORE_OF_DOUBLE = 2;

  /** What {@link #readPlain} may look at, from the sign to the character after the number. */
  private static final int LONGEST_PLAIN = 1 + 1 + 1 + 2 * Long.BYTES + MORE_OF_DOUBLE + 1;

  private static final int NOT_PLAIN = -1;

  private DecimalFloat() {}

  /**
   * Reads the number that begins here into an array.
   *
   * @return where it ends
   * @throws NotScannedException if none begins here, or none that is finite
   */
  static int read(byte[] text, int begin, float[] to, int index) throws NotScannedException {
    int end = begin + LONGEST_PLAIN <= text.length ? readPlain(text, begin, to, index) : NOT_PLAIN;
    return end == NOT_PLAIN ? readAny(text, begin, to, index) : end;
  }

  /**
   * One digit, a point and up to eighteen more, as most numbers of models are written. Floats have
   * seven to nine decimals or so, and half of them a sign: no branch could foretell which.
   *
   * @return where it ends, or {@link #NOT_PLAIN}
   */
  private static int readPlain(byte[] text, int begin, float[] to, int index) {
    int sign = isMinus(text[begin]);
    int first = begin + sign;
    int point = first + 1;
    if (!isDigit(text[first]) || text[point] != '.') {
      return NOT_PLAIN;
    }
    long whole = text[first] & 0xf;
    long head = EightDigits.load(text, point + 1);
    long tail = EightDigits.load(text, point + 1 + Long.BYTES);
    int many = EightDigits.count(head);
    int more = EightDigits.count(tail) & -(many >>> 3);
    int end = point + 1 + many + more;
    long digits =
        (whole * SHIFTS[many] + EightDigits.value(head, many)) * SHIFTS[more]
            + EightDigits.value(tail, more);
    for (int i = 0; i < MORE_OF_DOUBLE && isDigit(text[end]); i++) {
      digits = digits * 10 + (text[end++] - '0');
    }
    if (many == 0 || isDigit(text[end]) || (text[end] | 0x20) == 'e' || digits < 0) {
      return NOT_PLAIN;
    }
    double magnitude = digits * POWERS[point + 1 - end - MIN_POWER];
    if (isAboutHalfway(magnitude)) {
      return NOT_PLAIN;
    }
    to[index] = Float.intBitsToFloat(Float.floatToRawIntBits((float) magnitude) | (sign << 31));
    return end;
  }

  /** Any number, or the error. */
  private static int readAny(byte[] text, int begin, float[] to, int index)
      throws NotScannedException {
    int sign = begin < text.length ? isMinus(text[begin]) : 0;
    int first = begin + sign;
    int next = first;
    long digits = 0;
    while (next < text.length && isDigit(text[next])) {
      digits = digits * 10 + (text[next++] - '0');
    }
    if (next == first || (text[first] == '0' && next - first > 1)) {
      throw new NotScannedException();
    }
    boolean fits = next - first <= MAX_WHOLE_DIGITS;
    int exponent = 0;
    if (next < text.length && text[next] == '.') {
      int point = ++next;
      if (next + 2 * Long.BYTES <= text.length) {
        long head = EightDigits.load(text, next);
        long tail = EightDigits.load(text, next + Long.BYTES);
        int many = EightDigits.count(head);
        int more = EightDigits.count(tail) & -(many >>> 3);
        fits &= digits < ROOM[many];
        digits = digits * SHIFTS[many] + EightDigits.value(head, many);
        fits &= digits < ROOM[more];
        digits = digits * SHIFTS[more] + EightDigits.value(tail, more);
        next += many + more;
      }
      while (next < text.length && isDigit(text[next])) {
        fits &= digits < ROOM[1];
        digits = digits * 10 + (text[next++] - '0');
      }
      if (next == point) {
        throw new NotScannedException();
      }
      exponent = point - next;
    }
    if (next < text.length && (text[next] | 0x20) == 'e') {
      int end = exponentEnd(text, next + 1);
      exponent += exponent(text, next + 1, end);
      next = end;
    }
    if (!fits || exponent < MIN_POWER || exponent > MAX_POWER) {
      to[index] = parse(text, begin, next);
      return next;
    }
    double magnitude = digits * POWERS[exponent - MIN_POWER];
    if (isDoubtful(magnitude)) {
      to[index] = parse(text, begin, next);
      return next;
    }
    to[index] = Float.intBitsToFloat(Float.floatToRawIntBits((float) magnitude) | (sign << 31));
    return next;
  }

  /** 1 for a minus, or 0; bytes from 128 on are negative, and none. */
  private static int isMinus(byte character) {
    return (('-' ^ (character & 0xff)) - 1) >>> 31;
  }

  private static boolean isDigit(byte character) {
    return character >= '0' && character <= '9';
  }

  /** Where the exponent's digits end, which begin here or after a sign. */
  private static int exponentEnd(byte[] text, int begin) throws NotScannedException {
    boolean isSigned = begin < text.length && (text[begin] == '-' || text[begin] == '+');
    int first = begin + (isSigned ? 1 : 0);
    int end = first;
    while (end < text.length && isDigit(text[end])) {
      end++;
    }
    if (end == first) {
      throw new NotScannedException();
    }
    return end;
  }

  private static int exponent(byte[] text, int begin, int end) {
    int exponent = 0;
    for (int at = begin; at < end; at++) {
      if (isDigit(text[at])) {
        exponent = Math.min(exponent * 10 + (text[at] - '0'), 10_000);
      }
    }
    return text[begin] == '-' ? -exponent : exponent;
  }

  /**
   * Whether a double within three roundings of a decimal (its digits, the power of ten, their
   * product) may round to another float than the decimal does: it lies about halfway between two
   * floats, or where floats are sparser than their bits.
   */
  private static boolean isDoubtful(double magnitude) {
    if (magnitude == 0) {
      return false;
    }
    if (magnitude < Float.MIN_NORMAL * 2 || magnitude > Float.MAX_VALUE / 2) {
      return true;
    }
    return isAboutHalfway(magnitude);
  }

  private static boolean isAboutHalfway(double magnitude) {
    int below = (int) (Double.doubleToRawLongBits(magnitude) & 0x1fff_ffff);
    return Math.abs(below - 0x1000_0000) <= 4;
  }

  private static float parse(byte[] text, int begin, int end) throws NotScannedException {
    float value = Float.parseFloat(new String(text, begin, end - begin, US_ASCII));
    if (!Float.isFinite(value)) {
      throw new NotScannedException();
    }
    return value;
  }
}
