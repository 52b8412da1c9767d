package dev.keepgate.api.kafka;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Reports where a server that reads topics comes from. */
final class StreamsLibrariesFailureAnalyzer
    extends AbstractFailureAnalyzer<StreamsLibrariesMissingException> {

  private static final String REMEDIES =
      """
      One of these:
      - run the jar that has Kafka: keepgate-<version>-streams.jar (mvn -Pstreams package), or the \
      image keepgate:streams
      - read no topics: leave keepgate.streams.bindings out""";

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, StreamsLibrariesMissingException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), REMEDIES, cause);
  }
}
