package dev.keepgate.model;

import java.util.OptionalLong;

/**
 * A model's name and version, such as {@code notebook-cell/1}.
 *
 * @param name letters, digits, {@code -} and {@code _}, at most 128 of them; it names a folder
 * @param version 1 to {@link #MAX_VERSION}
 */
public record ModelId(String name, long version) implements Comparable<ModelId> {

  /** The highest version there can be: 18 digits, so that one more is a number still. */
  public static final long MAX_VERSION = 999_999_999_999_999_999L;

  /** What a version has to be, in words. */
  public static final String VERSION_RULE = "a version is a whole number from 1 to " + MAX_VERSION;

  /** What a label has to be, in words. */
  public static final String LABEL_RULE =
      "a label is 1 to 32 of a-z, 0-9 and '-', and starts with a letter";

  private static final int LONGEST = 128;
  private static final int LONGEST_LABEL = 32;
  private static final int MAX_DIGITS = 18;

  /**
   * @throws IllegalArgumentException if the name or version is not of the form above
   */
  public ModelId {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "a model's name is 1 to 128 letters, digits, '-' and '_', and starts with a letter or"
              + " digit");
    }
    if (version < 1 || version > MAX_VERSION) {
      throw new IllegalArgumentException(VERSION_RULE + ", got " + version);
    }
  }

  /**
   * Reads a version as paths and folders name it: only the plain decimal form, so that no two texts
   * mean one version.
   *
   * @return empty where the text is no version
   */
  public static OptionalLong parseVersion(String text) {
    if (text.isEmpty() || text.length() > MAX_DIGITS || text.charAt(0) == '0') {
      return OptionalLong.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(Long.parseLong(text));
  }

  public static boolean isName(String name) {
    if (name.isEmpty() || name.length() > LONGEST || !isAlphanumeric(name.charAt(0))) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isAlphanumeric(c) && c != '-' && c != '_') {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a text can be a label, which stands for a version: 1 to 32 of {@code a-z}, {@code 0-9}
   * and {@code -}, of which the first is a letter, so that no label is a version.
   */
  public static boolean isLabel(String text) {
    if (text.isEmpty()
        || text.length() > LONGEST_LABEL
        || text.charAt(0) < 'a'
        || text.charAt(0) > 'z') {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  @Override
  public int compareTo(ModelId other) {
    int byName = name.compareTo(other.name);
    return byName != 0 ? byName : Long.compare(version, other.version);
  }

  @Override
  public String toString() {
    return name + "/" + version;
  }
}
