package dev.keepgate.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Eight decimal digits in a {@code long}, the first one lowest, that are read and written at once
 * (D. Lemire, "Number parsing at a gigabyte per second", 2021).
 */
final class EightDigits {

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ZEROS = 0x3030_3030_3030_3030L;

  private EightDigits() {}

  /** Eight characters of a text, which has them. */
  static long load(byte[] text, int at) {
    return (long) EIGHT.get(text, at);
  }

  /** How many of eight characters are digits, from the first on. */
  static int count(long characters) {
    long values = characters ^ ZEROS;
    // A carry only goes up from what is no digit, where nobody looks any more.
    long others = (values | (values + 0x0606_0606_0606_0606L)) & 0xf0f0_f0f0_f0f0_f0f0L;
    return Long.numberOfTrailingZeros(others) >>> 3;
  }

  /**
   * What the first characters mean: pairs, then fours, then all are put together side by side.
   *
   * @param count how many, from 0 to 8, all digits
   */
  static long value(long characters, int count) {
    // In two shifts, as one by 64 would be none.
    long digits = (characters << (32 - 4 * count) << (32 - 4 * count)) & 0x0f0f_0f0f_0f0f_0f0fL;
    long pairs = (digits * (10 << 8 | 1)) >>> 8;
    long fours = ((pairs & 0x00ff_00ff_00ff_00ffL) * (100 << 16 | 1)) >>> 16;
    return ((fours & 0x0000_ffff_0000_ffffL) * (10_000L << 32 | 1)) >>> 32;
  }

  /**
   * A number's digits, each a byte from 0 to 9: the reverse of {@link #value}. The divisions are
   * products with reciprocals that are close enough for so few digits.
   *
   * @param number below 10^8
   */
  static long of(int number) {
    int high = number / 10_000;
    long fours = (long) (number - high * 10_000) << 32 | high;
    long hundreds = ((fours * 10_486) >>> 20) & 0x0000_007f_0000_007fL;
    long pairs = (fours - hundreds * 100) << 16 | hundreds;
    long tens = ((pairs * 103) >>> 10) & 0x000f_000f_000f_000fL;
    return (pairs - tens * 10) << 8 | tens;
  }

  /** Writes digits as characters; there is room for eight. */
  static void store(long digits, byte[] text, int at) {
    EIGHT.set(text, at, digits | ZEROS);
  }
}
