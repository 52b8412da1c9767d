package dev.keepgate.tensor;

/** Bytes that are no tensor; says where in the document. */
public sealed class TensorFormatException extends RuntimeException permits NumberRangeException {

  private static final long serialVersionUID = 1L;

  private final String pointer;

  /**
   * @param pointer a JSON pointer (RFC 6901), or a tensor's name after a slash
   */
  public TensorFormatException(String pointer, String detail) {
    super(detail);
    this.pointer = pointer;
  }

  /** The reference token of a field, as JSON pointers escape it (RFC 6901, section 3). */
  public static String token(String field) {
    return "/" + field.replace("~", "~0").replace("/", "~1");
  }

  public String pointer() {
    return pointer;
  }

  /** What is wrong there. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}
