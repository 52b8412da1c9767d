package dev.keepgate.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every meter of this server: its name, what it says, and the keys of its tags. */
enum MeterName {
  REQUESTS(
      "keepgate.requests",
      "Time from when a request is known to its answer's last byte",
      "model",
      "operation",
      "outcome"),
  STAGE("keepgate.stage", "Time that a part of a request takes", "model", "operation", "stage"),
  STEPS("keepgate.steps", "Time steps computed, of all rows together", "model", "operation"),
  REQUEST_ROWS("keepgate.request.rows", "Rows of a request", "model", "operation"),
  ERRORS("keepgate.errors", "Errors that clients were sent", "slug"),

  BATCH_SIZE("keepgate.batch.size", "Rows, of any requests, that a worker took on together"),
  WORKERS_REPLACED(
      "keepgate.workers.replaced", "Workers that ended by a failure and were replaced"),
  QUEUE("keepgate.queue", "Requests that wait for a worker"),
  ADMITTED("keepgate.requests.admitted", "Requests that have been let in and are not computed yet"),
  IN_FLIGHT(
      "keepgate.memory.in.flight",
      "Memory that requests hold of what their clients sent, or of what is made of it",
      "side"),
  IN_FLIGHT_LIMIT("keepgate.memory.in.flight.limit", "Memory that requests may hold", "side"),

  MODELS("keepgate.models", "Versions of models, by status", "status"),
  MODEL_LOADS("keepgate.model.loads", "Time to read, compile and warm up a model", "outcome"),
  MODEL_MEMORY("keepgate.model.memory", "Memory that models hold"),
  MODEL_BUDGET("keepgate.model.memory.budget", "Memory that models may hold"),

  REPLICA_MODELS("keepgate.replica.models", "What became of versions between replicas", "event"),
  REPLICA_BYTES("keepgate.replica.bytes", "Bytes that passed between replicas", "event"),
  RECONCILIATIONS(
      "keepgate.replica.reconciliations", "Comparisons with the other replicas", "outcome"),

  SEQUENCES("keepgate.sequences", "What became of sequences", "model", "event"),
  SEQUENCES_OPEN("keepgate.sequences.open", "Sequences that the store keeps"),
  SEQUENCES_MEMORY("keepgate.sequences.memory", "Memory that the store's sequences take, about"),
  SEQUENCES_OLDEST(
      "keepgate.sequences.oldest", "Time since the store's oldest sequence was opened");

  private final String id;
  private final String description;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> keys;

  MeterName(String id, String description, String... keys) {
    this.id = id;
    this.description = description;
    this.keys = List.of(keys);
  }

  /** The name. */
  String id() {
    return id;
  }

  /** A name that is published besides, for one release; null where there is none. */
  @Nullable String formerId() {
    return switch (this) {
      case BATCH_SIZE -> "keepgate.lane.rows";
      case REQUEST_ROWS -> "keepgate.batch.rows";
      default -> null;
    };
  }

  /** The tags that have these values, in the order of the keys. */
  Tags tags(String... values) {
    if (values.length != keys.size()) {
      throw new IllegalArgumentException("%s has the tags %s".formatted(id, keys));
    }
    String[] pairs = new String[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      pairs[2 * i] = keys.get(i);
      pairs[2 * i + 1] = values[i];
    }
    return Tags.of(pairs);
  }

  Timer.Builder timer(String... values) {
    return Timer.builder(id).description(description).tags(tags(values));
  }

  Counter.Builder counter(String... values) {
    return Counter.builder(id).description(description).tags(tags(values));
  }

  Gauge.Builder<Supplier<Number>> gauge(Supplier<Number> value, String... values) {
    return Gauge.builder(id, value).description(description).tags(tags(values));
  }

  DistributionSummary.Builder summary(String... values) {
    return DistributionSummary.builder(id).description(description).tags(tags(values));
  }

  /** As {@link #summary}, by the former name. */
  DistributionSummary.Builder formerSummary(String formerName, String... values) {
    return DistributionSummary.builder(formerName)
        .description("Former name of " + id)
        .tags(tags(values));
  }
}
