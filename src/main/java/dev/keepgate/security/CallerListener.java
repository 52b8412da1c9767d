package dev.keepgate.security;

import java.util.Locale;

/** Is told what becomes of requests of callers who are known; quick, and from many threads. */
public interface CallerListener {

  /** What became of a request at the door. */
  enum Outcome {
    ALLOWED,
    /** The caller asks more often than it may. */
    RATE_LIMITED,
    /** The caller has not the role. */
    FORBIDDEN;

    /** Its name in meters. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A request came, or a message of a stream. */
  void asked(Caller caller, Outcome outcome);
}
