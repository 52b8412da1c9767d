package dev.keepgate.pages;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares what was printed with what a page says: numbers within 1e-6, {@code …} for anything,
 * white space for none.
 */
final class Printed {

  private static final double TOLERANCE = 1e-6;
  private static final String ANYTHING = "…";
  private static final Pattern TOKEN =
      Pattern.compile("-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|\\p{L}+|\\S");
  private static final Pattern NUMBER = Pattern.compile("-?\\d.*");
  private static final Pattern INTEGER = Pattern.compile("-?\\d+");

  private Printed() {}

  /** Whether a text is what the page says. */
  static boolean matches(String page, String text) {
    List<String> pattern = tokens(page);
    List<String> tokens = tokens(text);
    int anything = -1;
    int resume = 0;
    int p = 0;
    int t = 0;
    while (t < tokens.size()) {
      if (p < pattern.size() && pattern.get(p).equals(ANYTHING)) {
        anything = p++;
        resume = t;
      } else if (p < pattern.size() && isSame(pattern.get(p), tokens.get(t))) {
        p++;
        t++;
      } else if (anything >= 0) {
        // What stands for anything takes one more.
        p = anything + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    return pattern.subList(p, pattern.size()).stream().allMatch(ANYTHING::equals);
  }

  private static List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(text);
    while (matcher.find()) {
      tokens.add(matcher.group());
    }
    return tokens;
  }

  private static boolean isSame(String expected, String actual) {
    if (expected.equals(actual)) {
      return true;
    }
    boolean areNumbers = NUMBER.matcher(expected).matches() && NUMBER.matcher(actual).matches();
    boolean areIntegers = INTEGER.matcher(expected).matches() && INTEGER.matcher(actual).matches();
    return areNumbers
        && !areIntegers
        && Math.abs(Double.parseDouble(expected) - Double.parseDouble(actual)) <= TOLERANCE;
  }
}
