package dev.keepgate.security;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports what a server without credentials, but with an address, could do instead. */
final class OpenAddressFailureAnalyzer extends AbstractFailureAnalyzer<OpenAddressException> {

  private static final String REMEDIES =
      """
      One of these:
      - ask callers for keys: keepgate.security.keys-file=<file>, and for a first one \
      keepgate.security.create-keys-file=true (or keepgate.security.jwt.*, or \
      keepgate.security.client-certificates)
      - serve this machine alone: leave the address out
      - let everybody who reaches the address do everything: keepgate.security.open=true""";

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, OpenAddressException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), REMEDIES, cause);
  }
}
