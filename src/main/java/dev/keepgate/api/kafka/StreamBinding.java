package dev.keepgate.api.kafka;

import dev.keepgate.api.kafka.StreamsProperties.Binding;
import dev.keepgate.inference.StreamListener;
import dev.keepgate.listener.Listeners;
import org.jspecify.annotations.Nullable;

/** A binding with what it works with. One for all its partitions. */
record StreamBinding(
    Binding settings,
    StreamSteps steps,
    StreamModels models,
    StreamStatus status,
    StreamTraces traces,
    Surroundings surroundings) {

  /**
   * What all bindings share.
   *
   * @param application of which the names of changelogs are made
   */
  record Surroundings(
      String application, RecordLimits limits, Listeners<StreamListener> listeners) {}

  String name() {
    return settings.name();
  }

  /** The name of the store of states. */
  String states() {
    return name() + "-states";
  }

  /** The name of the store of records that are read and not applied. */
  String pending() {
    return name() + "-pending";
  }

  /** The topic behind the store of states. */
  String statesTopic() {
    return surroundings.application() + "-" + states() + "-changelog";
  }

  /** The topic behind the store of records that are read and not applied. */
  String pendingTopic() {
    return surroundings.application() + "-" + pending() + "-changelog";
  }

  String source() {
    return name() + "-input";
  }

  String processor() {
    return name() + "-steps";
  }

  String answers() {
    return name() + "-output";
  }

  String deadLetters() {
    return name() + "-dead-letter";
  }

  /**
   * Why a record is none of any sequence.
   *
   * @return null where it is
   */
  StreamOutcome.@Nullable Dead refusal(
      byte @Nullable [] key, StreamValue value, StreamTimestamps timestamps) {
    if (key == null || key.length == 0) {
      return new StreamOutcome.Dead(
          "key", "it has no key, which says whose sequence it belongs to");
    }
    byte[] bytes = value.bytes();
    long size = key.length + (bytes == null ? 0L : bytes.length);
    long most = settings.maxRecordBytes().toBytes();
    if (size > most || !surroundings.limits().fits(pendingTopic(), size)) {
      return new StreamOutcome.Dead(
          "too-large",
          "its key and value have more than the %d bytes that are taken"
              .formatted(Math.min(most, surroundings.limits().of(pendingTopic()))));
    }
    if (!timestamps.isRight(value.timestamp())) {
      return new StreamOutcome.Dead(
          "timestamp",
          value.timestamp() < 0
              ? "it has no timestamp"
              : "its timestamp %d is more than %s ahead of this server's clock"
                  .formatted(value.timestamp(), settings.maxClockAhead()));
    }
    return null;
  }
}
