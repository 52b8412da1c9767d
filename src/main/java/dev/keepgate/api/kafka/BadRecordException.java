package dev.keepgate.api.kafka;

/** A record whose value is no step of the model. */
final class BadRecordException extends Exception {

  private static final long serialVersionUID = 1L;

  /** The value is not what its format says. */
  static final String VALUE = "value";

  /** The value has another number of readings than the model takes. */
  static final String WIDTH = "width";

  /** A number is not finite, or not any more as the model's own. */
  static final String NOT_FINITE = "not-finite";

  /** Characters of a detail, which becomes a record's header. */
  private static final int LONGEST = 500;

  private final String reason;

  /**
   * @param reason a short code, such as {@link #VALUE}
   * @param detail what is wrong, and where; cut where it is long
   */
  BadRecordException(String reason, String detail) {
    super(cut(detail), null, false, false);
    this.reason = reason;
  }

  private static String cut(String detail) {
    if (detail.length() <= LONGEST) {
      return detail;
    }
    boolean splits = Character.isHighSurrogate(detail.charAt(LONGEST - 2));
    return detail.substring(0, LONGEST - (splits ? 2 : 1)) + "…";
  }

  /** At a place of the value: a JSON pointer, empty for all of it. */
  static BadRecordException at(String reason, String pointer, String detail) {
    return new BadRecordException(reason, pointer.isEmpty() ? detail : pointer + ": " + detail);
  }

  /** A short code of what is wrong. */
  String reason() {
    return reason;
  }
}
