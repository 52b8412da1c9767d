package dev.keepgate.tensor;

import java.util.Set;

/**
 * A number as CSV files write it: JSON's (RFC 8259, section 6), with a plus, zeros before it, or no
 * digit on one side of the point.
 */
public final class CellNumber {

  /** What says that there is no value, as pandas reads it. */
  private static final Set<String> MISSING =
      Set.of(
          "", "NaN", "nan", "-NaN", "-nan", "NAN", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA",
          "NULL", "null", "Null", "None", "none", "NaT");

  private static final int LONGEST_MISSING = 4;

  /** Powers of ten that are doubles. */
  private static final double[] POWERS = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final long MOST_DIGITS = (Long.MAX_VALUE - 9) / 10;
  private static final long EXACT = 1L << 53;
  private static final int LARGEST_EXPONENT = 100_000;

  /** The bits of a double that a float has no room for, and half of their range. */
  private static final long BELOW_FLOAT = 0x1fff_ffffL;

  private static final long HALFWAY = 0x1000_0000L;

  private CellNumber() {}

  /** Whether it says that there is no value: nothing at all, or a word such as {@code NaN}. */
  public static boolean isMissing(char[] text, int from, int to) {
    return to == from
        || (to - from <= LONGEST_MISSING && MISSING.contains(new String(text, from, to - from)));
  }

  /**
   * Reads a number, to the nearest double or to the nearest float.
   *
   * @param single whether to the nearest float
   * @return NaN where it is none, infinite where it is beyond the range
   */
  public static double parse(char[] text, int from, int to, boolean single) {
    int at = from;
    if (at < to && (text[at] == '-' || text[at] == '+')) {
      at++;
    }
    long digits = 0;
    int exponent = 0;
    boolean isCut = false;
    int count = 0;
    for (; at < to && isDigit(text[at]); at++, count++) {
      if (digits <= MOST_DIGITS) {
        digits = digits * 10 + (text[at] - '0');
      } else {
        isCut = true;
      }
    }
    if (at < to && text[at] == '.') {
      for (at++; at < to && isDigit(text[at]); at++, count++) {
        if (digits <= MOST_DIGITS) {
          digits = digits * 10 + (text[at] - '0');
          exponent--;
        } else {
          isCut = true;
        }
      }
    }
    if (count == 0) {
      return Double.NaN;
    }
    if (at < to && (text[at] | 0x20) == 'e') {
      int end = at + 1;
      boolean isNegative = end < to && text[end] == '-';
      end += end < to && (text[end] == '-' || text[end] == '+') ? 1 : 0;
      if (end == to) {
        return Double.NaN;
      }
      int power = 0;
      for (; end < to && isDigit(text[end]); end++) {
        power = Math.min(power * 10 + (text[end] - '0'), LARGEST_EXPONENT);
      }
      exponent += isNegative ? -power : power;
      at = end;
    }
    if (at < to) {
      return Double.NaN;
    }
    if (isCut || digits > EXACT || Math.abs(exponent) >= POWERS.length) {
      String whole = new String(text, from, to - from);
      return single ? Float.parseFloat(whole) : Double.parseDouble(whole);
    }
    // Both are exact, so that one operation rounds once (W. Clinger, 1990).
    double magnitude = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
    double value = text[from] == '-' ? -magnitude : magnitude;
    return single ? single(value, text, from, to) : value;
  }

  /** The nearest float to the decimal, which the nearest double may be halfway from. */
  private static double single(double value, char[] text, int from, int to) {
    double magnitude = Math.abs(value);
    boolean isHalfway = (Double.doubleToRawLongBits(value) & BELOW_FLOAT) == HALFWAY;
    boolean isSparse = magnitude < Float.MIN_NORMAL && magnitude != 0;
    return isHalfway || isSparse
        ? Float.parseFloat(new String(text, from, to - from))
        : (float) value;
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }
}
