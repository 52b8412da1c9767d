package dev.keepgate.memory;

/** One request asks for more memory than any may have. */
public final class TooMuchMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long needed;
  private final long limit;

  TooMuchMemoryException(long needed, long limit) {
    super(
        "this takes %,d bytes of memory, one request may have %,d".formatted(needed, limit),
        null,
        false,
        false);
    this.needed = needed;
    this.limit = limit;
  }

  public long needed() {
    return needed;
  }

  public long limit() {
    return limit;
  }
}
