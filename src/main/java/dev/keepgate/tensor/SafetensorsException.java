package dev.keepgate.tensor;

/** A safetensors header that is refused; says why, and for which tensor. */
public final class SafetensorsException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Why a header is refused. */
  public enum Reason {
    /** It is damaged, or claims what the bytes behind it do not hold. */
    MALFORMED,
    /** It is sound, but names a type of numbers that is not read. */
    UNSUPPORTED,
    /** A bound was passed. */
    TOO_LARGE
  }

  private final Reason reason;
  private final String tensor;

  private SafetensorsException(Reason reason, String tensor, String detail) {
    super(detail);
    this.reason = reason;
    this.tensor = tensor;
  }

  static SafetensorsException malformed(String detail) {
    return malformed("", detail);
  }

  static SafetensorsException malformed(String tensor, String detail) {
    return new SafetensorsException(Reason.MALFORMED, tensor, detail);
  }

  static SafetensorsException unsupported(String tensor, String detail) {
    return new SafetensorsException(Reason.UNSUPPORTED, tensor, detail);
  }

  static SafetensorsException tooLarge(String detail) {
    return new SafetensorsException(Reason.TOO_LARGE, "", detail);
  }

  public Reason reason() {
    return reason;
  }

  /** Name of the tensor at fault; empty where it is the header as a whole. */
  public String tensor() {
    return tensor;
  }

  /** What is wrong. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}
