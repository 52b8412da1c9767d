package dev.keepgate.model;

/**
 * A named vector that a cell or a layer has for each row of a batch: a part of its state, such as
 * an LSTM's {@code h}, or of its trace.
 *
 * @param name letters, digits and {@code _}; unique among the slots of its owner
 * @param width how many numbers a row has, at least 1
 */
public record Slot(String name, int width) {

  /**
   * @throws InconsistentModelException if the name or the width is not of the form above
   */
  public Slot {
    if (!isName(name)) {
      throw new InconsistentModelException("'" + name + "' is no name of a slot");
    }
    if (width < 1) {
      throw new InconsistentModelException(
          "slot %s must be at least 1 wide, got %d".formatted(name, width));
    }
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!isLetter && c != '_' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }
}
