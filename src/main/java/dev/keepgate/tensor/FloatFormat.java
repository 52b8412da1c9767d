package dev.keepgate.tensor;

import java.math.BigInteger;

/**
 * Prints floats as the shortest decimals that read back as the same floats, straight into bytes.
 * Raffaello Giulietti, "The Schubfach way to render doubles", 2020; for floats after Alexander
 * Bolz's {@code schubfach32}.
 */
final class FloatFormat {

  /** Most bytes that a float takes: {@code -1.17549435E-38} and the like. */
  static final int MAX_BYTES = 16;

  /** So many more may be written over, as digits go out eight at a time. */
  static final int SLACK = 8;

  private static final int SIGNIFICAND_BITS = 23;
  private static final int EXPONENT_BIAS = 127 + SIGNIFICAND_BITS;

  /** Decimals of up to this many digits before the point are printed without an exponent. */
  private static final int MAX_PLAIN = 7;

  private static final int MIN_PLAIN = -3;

  private static final int MIN_POWER = -31;
  private static final int MAX_POWER = 45;

  /** 10^k for k from {@link #MIN_POWER}, as 64 leading bits, rounded up. */
  private static final long[] POWERS = powers();

  private FloatFormat() {}

  private static long[] powers() {
    long[] powers = new long[MAX_POWER - MIN_POWER + 1];
    for (int k = MIN_POWER; k <= MAX_POWER; k++) {
      BigInteger ten = BigInteger.TEN.pow(Math.abs(k));
      // 10^k = ten or 1 / ten, shifted until 64 bits stand before the point.
      int shift = 63 - log2Pow10(k);
      BigInteger[] parts =
          k >= 0
              ? ten.shiftLeft(Math.max(shift, 0))
                  .divideAndRemainder(BigInteger.ONE.shiftLeft(Math.max(-shift, 0)))
              : BigInteger.ONE.shiftLeft(shift).divideAndRemainder(ten);
      long leading = parts[0].longValue();
      powers[k - MIN_POWER] = parts[1].signum() == 0 ? leading : leading + 1;
    }
    return powers;
  }

  /** floor(log2(10^k)), exact for the powers here. */
  private static int log2Pow10(int k) {
    return (k * 1741647) >> 19;
  }

  /**
   * Writes a finite number.
   *
   * @param to has {@link #MAX_BYTES} and {@link #SLACK} from {@code at} on
   * @return the index after it
   */
  static int write(float value, byte[] to, int at) {
    int bits = Float.floatToRawIntBits(value);
    // Half of all numbers are negative: no branch could be foretold.
    to[at] = '-';
    int next = at + (bits >>> 31);
    int significand = bits & ((1 << SIGNIFICAND_BITS) - 1);
    int exponent = (bits >>> SIGNIFICAND_BITS) & 0xff;
    if (significand == 0 && exponent == 0) {
      to[next++] = '0';
      to[next++] = '.';
      to[next++] = '0';
      return next;
    }
    if (exponent >= 127 && exponent <= EXPONENT_BIAS) {
      int whole = (1 << SIGNIFICAND_BITS) | significand;
      int fraction = EXPONENT_BIAS - exponent;
      if ((whole & ((1 << fraction) - 1)) == 0 && whole >> fraction < 10_000_000) {
        return print(whole >> fraction, 0, to, next);
      }
    }
    long decimal = shortest(significand, exponent);
    return print((int) decimal, (int) (decimal >> 32), to, next);
  }

  /** The decimal d * 10^k as k in the high and d in the low half. */
  private static long shortest(int significand, int exponent) {
    int c = exponent != 0 ? (1 << SIGNIFICAND_BITS) | significand : significand;
    int q = exponent != 0 ? exponent - EXPONENT_BIAS : 1 - EXPONENT_BIAS;
    int odd = c & 1;
    boolean narrow = significand == 0 && exponent > 1;
    int k = (q * 1262611 - (narrow ? 524031 : 0)) >> 22;
    int h = q + log2Pow10(-k) + 1;
    long power = POWERS[-k - MIN_POWER];
    int lower = roundToOdd(power, (4 * c - (narrow ? 1 : 2)) << h) + odd;
    int middle = roundToOdd(power, (4 * c) << h);
    int upper = roundToOdd(power, (4 * c + 2) << h) - odd;
    int s = middle / 4;
    if (s >= 10) {
      int tens = s / 10;
      boolean low = lower <= 40 * tens;
      boolean high = 40 * tens + 40 <= upper;
      if (low != high) {
        return pack(tens + (high ? 1 : 0), k + 1);
      }
    }
    boolean low = lower <= 4 * s;
    boolean high = 4 * s + 4 <= upper;
    if (low != high) {
      return pack(s + (high ? 1 : 0), k);
    }
    int half = 4 * s + 2;
    boolean up = middle > half || (middle == half && (s & 1) != 0);
    return pack(s + (up ? 1 : 0), k);
  }

  private static long pack(int digits, int exponent) {
    return ((long) exponent << 32) | digits;
  }

  /** The product's bits above the 64th, with a sticky last bit. */
  private static int roundToOdd(long power, int c) {
    long high = Math.multiplyHigh(power, c) + c;
    long low = power * c;
    // multiplyHigh takes the power as signed: its top bit is always set, hence the + c.
    int y1 = (int) high;
    int y0 = (int) (low >>> 32);
    return y1 | (Integer.compareUnsigned(y0, 1) > 0 ? 1 : 0);
  }

  /** Writes decimal * 10^power; decimal is of nine digits at most, and not 0. */
  private static int print(int decimal, int power, byte[] to, int at) {
    int head = decimal / 100_000_000;
    long eight = EightDigits.of(decimal - head * 100_000_000);
    int blank = 0;
    if (head == 0) {
      blank = Long.numberOfTrailingZeros(eight) >>> 3;
      eight >>>= 8 * blank;
    }
    int length = (head == 0 ? 8 : 9) - blank;
    int point = length + power;
    // Zeros at the end are not printed.
    int end = eight == 0 ? 0 : 8 - (Long.numberOfLeadingZeros(eight) >>> 3);
    int count = head == 0 ? end : end + 1;
    if (point > MAX_PLAIN || point < MIN_PLAIN) {
      return scientific(head, eight, count, point - 1, to, at);
    }
    if (point <= 0) {
      int next = at;
      to[next++] = '0';
      to[next++] = '.';
      for (int i = point; i < 0; i++) {
        to[next++] = '0';
      }
      digits(head, eight, to, next);
      return next + count;
    }
    // With zeros behind them, as far as the point.
    digits(head, eight, to, at);
    to[at + point] = '.';
    if (point >= count) {
      to[at + point + 1] = '0';
      return at + point + 2;
    }
    int before = head == 0 ? point : point - 1;
    EightDigits.store(eight >>> (8 * before), to, at + point + 1);
    return at + count + 1;
  }

  private static int scientific(int head, long eight, int count, int exponent, byte[] to, int at) {
    digits(head, eight, to, at + 1);
    to[at] = to[at + 1];
    to[at + 1] = '.';
    int next = at + 1 + count;
    if (count == 1) {
      to[next++] = '0';
    }
    to[next++] = 'E';
    if (exponent < 0) {
      to[next++] = '-';
    }
    int size = Math.abs(exponent);
    if (size >= 10) {
      to[next++] = (byte) ('0' + size / 10);
    }
    to[next++] = (byte) ('0' + size % 10);
    return next;
  }

  private static void digits(int head, long eight, byte[] to, int at) {
    int next = at;
    if (head != 0) {
      to[next++] = (byte) ('0' + head);
    }
    EightDigits.store(eight, to, next);
  }
}
