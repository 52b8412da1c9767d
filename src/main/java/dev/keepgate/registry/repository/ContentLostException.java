package dev.keepgate.registry.repository;

import java.io.IOException;

/** The files of a version are not all there, or not what was stored. The message is for clients. */
public final class ContentLostException extends IOException {

  private static final long serialVersionUID = 1L;

  public ContentLostException(String message) {
    super(message);
  }
}
