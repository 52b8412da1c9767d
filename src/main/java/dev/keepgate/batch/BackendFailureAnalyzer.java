package dev.keepgate.batch;

import dev.keepgate.kernel.backend.BackendException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports a missing backend at startup in one line, in place of a native stack trace. */
final class BackendFailureAnalyzer extends AbstractFailureAnalyzer<BackendException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, BackendException cause) {
    return new FailureAnalysis(cause.getMessage(), null, cause);
  }
}
