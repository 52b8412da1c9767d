package dev.keepgate.sequence;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What a client calls a sequence.
 *
 * @param value 1 to 128 letters, digits, {@code . _ : -}; starts with a letter or digit
 */
public record SequenceId(String value) {

  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

  /**
   * @throws IllegalArgumentException if the value is not of the form above
   */
  public SequenceId {
    if (!isId(value)) {
      throw new IllegalArgumentException(
          "a sequence's id is 1 to 128 letters, digits and '.', '_', ':', '-', and starts with a"
              + " letter or digit");
    }
  }

  public static boolean isId(String value) {
    return FORM.matcher(value).matches();
  }

  /** An id that nobody can guess: 122 random bits. */
  public static SequenceId mint() {
    return new SequenceId(UUID.randomUUID().toString());
  }

  @Override
  public String toString() {
    return value;
  }
}
