package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.math.BigInteger;

/** Values as protocol 0 writes them: as lines of text. */
final class TextValues {

  private static final int MAX_DIGITS = 200;

  private TextValues() {}

  /** A whole number, or one of the two that stand for False and True. */
  static Object integer(String line) throws ImportException {
    return switch (line) {
      case "00" -> false;
      case "01" -> true;
      default -> longInteger(line);
    };
  }

  /** A whole number of any size, with Python 2's mark of a long one. */
  static Object longInteger(String line) throws ImportException {
    String digits = line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
    try {
      if (digits.length() <= MAX_DIGITS) {
        BigInteger value = new BigInteger(digits);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw malformed(line, "whole number");
  }

  static double real(String line) throws ImportException {
    try {
      return switch (line) {
        case "nan" -> Double.NaN;
        case "inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(line);
      };
    } catch (NumberFormatException e) {
      throw malformed(line, "number");
    }
  }

  static long index(String line) throws ImportException {
    if (integer(line) instanceof Long index && index >= 0) {
      return index;
    }
    throw malformed(line, "place in the memo");
  }

  /** Python 2's string as its source would write it; each character stands for a byte. */
  static String quoted(String line) throws ImportException {
    int end = line.length() - 1;
    if (end < 1 || line.charAt(0) != line.charAt(end) || "'\"".indexOf(line.charAt(0)) < 0) {
      throw malformed(line, "quoted string");
    }
    return unescape(line.substring(1, end), true);
  }

  /** A string in which only what no line may hold is escaped. */
  static String unicode(String line) throws ImportException {
    return unescape(line, false);
  }

  /**
   * @param all whether all escapes of a string's source count, or only those of characters by their
   *     number
   */
  private static String unescape(String text, boolean all) throws ImportException {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      char kind = next == '\\' && i + 1 < text.length() ? text.charAt(i + 1) : 0;
      int digits = kind == 'u' && !all ? 4 : kind == 'U' && !all ? 8 : kind == 'x' && all ? 2 : 0;
      if (digits > 0) {
        plain.appendCodePoint(codePoint(text, i + 2, digits));
        i += 1 + digits;
      } else if (all && kind != 0) {
        plain.append(escaped(kind));
        i++;
      } else {
        plain.append(next);
      }
    }
    return plain.toString();
  }

  private static int codePoint(String text, int from, int digits) throws ImportException {
    if (from + digits <= text.length()) {
      try {
        int value = Integer.parseUnsignedInt(text.substring(from, from + digits), 16);
        if (Character.isValidCodePoint(value)) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Told below.
      }
    }
    throw malformed(text, "string");
  }

  private static char escaped(char kind) throws ImportException {
    return switch (kind) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case '\\', '\'', '"' -> kind;
      default -> throw malformed("\\" + kind, "escape");
    };
  }

  private static ImportException malformed(String text, String kind) {
    return ImportException.malformed(
        "the pickle has '%s' where it needs a %s"
            .formatted(text.substring(0, Math.min(text.length(), 32)), kind));
  }
}
