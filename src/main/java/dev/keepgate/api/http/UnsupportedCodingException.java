package dev.keepgate.api.http;

import java.io.IOException;

/** A request's body is packed in a way that its path does not unpack (RFC 9110, 8.4). */
public final class UnsupportedCodingException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String accepted;

  /**
   * @param accepted the codings that would be unpacked, as a header names them
   */
  public UnsupportedCodingException(String coding, String accepted) {
    super("the content coding '%s' is not one of %s".formatted(coding, accepted));
    this.accepted = accepted;
  }

  String accepted() {
    return accepted;
  }
}
