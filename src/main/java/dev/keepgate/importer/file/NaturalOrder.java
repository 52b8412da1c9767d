package dev.keepgate.importer.file;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Orders names as people do: the numbers in them by value, so that 2 comes before 10. */
public final class NaturalOrder {

  private static final Pattern PART = Pattern.compile("\\d+|\\D+");

  public static final Comparator<String> OF_NAMES = NaturalOrder::compare;

  private NaturalOrder() {}

  private static int compare(String one, String other) {
    Matcher parts = PART.matcher(one);
    Matcher others = PART.matcher(other);
    while (parts.find()) {
      if (!others.find()) {
        return 1;
      }
      int order = compareParts(parts.group(), others.group());
      if (order != 0) {
        return order;
      }
    }
    return others.find() ? -1 : one.compareTo(other);
  }

  private static int compareParts(String one, String other) {
    if (!Character.isDigit(one.charAt(0)) || !Character.isDigit(other.charAt(0))) {
      return one.compareTo(other);
    }
    String number = one.replaceFirst("^0+", "");
    String otherNumber = other.replaceFirst("^0+", "");
    return number.length() == otherNumber.length()
        ? number.compareTo(otherNumber)
        : Integer.compare(number.length(), otherNumber.length());
  }
}
