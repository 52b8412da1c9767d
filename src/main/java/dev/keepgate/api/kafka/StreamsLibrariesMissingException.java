package dev.keepgate.api.kafka;

/** A server is told of topics, and the jar it runs from has nothing to read them by. */
final class StreamsLibrariesMissingException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StreamsLibrariesMissingException() {
    super("keepgate.streams.bindings names topics of Kafka, and this jar has no Kafka in it.");
  }
}
