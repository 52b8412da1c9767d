package dev.keepgate.security;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports a file of keys that cannot be used at start, and what to do. */
final class KeysFileFailureAnalyzer extends AbstractFailureAnalyzer<KeysFileException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, KeysFileException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.remedy(), cause);
  }
}
