package dev.keepgate.batch;

import dev.keepgate.kernel.backend.BackendException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Ends a start without a backend with its one line, in place of a stack of natives. */
final class BackendFailureAnalyzer extends AbstractFailureAnalyzer<BackendException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, BackendException cause) {
    return new FailureAnalysis(cause.getMessage(), null, cause);
  }
}
