package dev.keepgate.model;

/**
 * A model's name and version, such as {@code notebook-cell/1}.
 *
 * @param name letters, digits, {@code -} and {@code _}, at most 128 of them; it names a folder
 * @param version 1 or higher
 */
public record ModelId(String name, long version) implements Comparable<ModelId> {

  private static final int LONGEST = 128;

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
