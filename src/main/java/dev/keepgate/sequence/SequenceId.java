package dev.keepgate.sequence;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What a client calls a sequence. Clients do not meet each other's: two may use one name.
 *
 * @param owner whose it is: 1 to 64 letters, digits, {@code . _ -}, perhaps behind a {@code ~};
 *     empty where nobody is asked who they are
 * @param value 1 to 128 letters, digits, {@code . _ : -}; starts with a letter or digit
 */
public record SequenceId(String owner, String value) {

  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
  private static final Pattern OWNER = Pattern.compile("~?[A-Za-z0-9._-]{1,64}");

  /** Between owner and value; in neither. */
  private static final char SEPARATOR = '/';

  /**
   * @throws IllegalArgumentException if the value is not of the form above
   */
  public SequenceId {
    if (!isId(value)) {
      throw new IllegalArgumentException(
          "a sequence's id is 1 to 128 letters, digits and '.', '_', ':', '-', and starts with a"
              + " letter or digit");
    }
    if (!owner.isEmpty() && !OWNER.matcher(owner).matches()) {
      throw new IllegalArgumentException("'%s' owns no sequences".formatted(owner));
    }
  }

  /** Nobody's own. */
  public SequenceId(String value) {
    this("", value);
  }

  public static boolean isId(String value) {
    return FORM.matcher(value).matches();
  }

  /** An id that nobody can guess: 122 random bits. */
  public static SequenceId mint(String owner) {
    return new SequenceId(owner, UUID.randomUUID().toString());
  }

  /** Both in one, as stores outside keep it. */
  String key() {
    return owner.isEmpty() ? value : owner + SEPARATOR + value;
  }

  /**
   * @throws IllegalArgumentException if it is none
   */
  static SequenceId ofKey(String key) {
    int separator = key.indexOf(SEPARATOR);
    return separator < 0
        ? new SequenceId(key)
        : new SequenceId(key.substring(0, separator), key.substring(separator + 1));
  }

  /** As its client calls it. */
  @Override
  public String toString() {
    return value;
  }
}
