package dev.keepgate.model;

import java.util.regex.Pattern;

/**
 * A model's name and version, such as {@code notebook-cell/1}.
 *
 * @param name letters, digits, {@code -} and {@code _}, at most 128 of them; it names a folder
 * @param version 1 or higher
 */
public record ModelId(String name, long version) implements Comparable<ModelId> {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");

  /**
   * @throws IllegalArgumentException if the name or version is not of the form above
   */
  public ModelId {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "a model's name is 1 to 128 letters, digits, '-' and '_', and starts with a letter or"
              + " digit");
    }
    if (version < 1) {
      throw new IllegalArgumentException("a version is a whole number from 1, got " + version);
    }
  }

  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
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
