package dev.keepgate.tensor;

/** A number that is written right, and beyond the range of floats. */
public final class NumberRangeException extends TensorFormatException {

  private static final long serialVersionUID = 1L;

  /**
   * @param pointer as {@link TensorFormatException} has it
   */
  public NumberRangeException(String pointer, String detail) {
    super(pointer, detail);
  }
}
