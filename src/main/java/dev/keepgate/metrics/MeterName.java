package dev.keepgate.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Every meter of this server: its name, what it says, and the keys of its tags. */
enum MeterName {
  REQUESTS(
      "keepgate.requests",
      Kind.TIMER,
      "Time from when a request is known to its answer's last byte",
      "model",
      "operation",
      "outcome"),
  STAGE(
      "keepgate.stage",
      Kind.TIMER,
      "Time that a part of a request takes",
      "model",
      "operation",
      "stage"),
  STEPS(
      "keepgate.steps",
      Kind.COUNTER,
      "Time steps computed, of all rows together",
      "model",
      "operation"),
  REQUEST_ROWS("keepgate.request.rows", Kind.SUMMARY, "Rows of a request", "model", "operation"),
  VERSION_REQUESTS(
      "keepgate.version.requests",
      Kind.SUMMED_TIMER,
      "Time that requests took, by the version that was asked",
      "model",
      "version",
      "outcome"),
  LABEL_PASSED_OVER(
      "keepgate.label.passed.over",
      Kind.COUNTER,
      "Requests of a label's share that went to another version, as the label's did not serve",
      "model",
      "label"),
  ERRORS("keepgate.errors", Kind.COUNTER, "Errors that clients were sent", "slug"),

  SECURITY_REQUESTS(
      "keepgate.security.requests",
      Kind.COUNTER,
      "Requests of callers who are known, and messages of their streams, by what became of them",
      "caller",
      "outcome"),

  WORKERS("keepgate.workers", Kind.GAUGE, "Workers that compute"),
  WORKERS_BUSY(
      "keepgate.workers.busy", Kind.SECONDS_COUNTER, "Time that all workers together had work"),
  WORKERS_REPLACED(
      "keepgate.workers.replaced",
      Kind.COUNTER,
      "Workers that ended by a failure and were replaced"),
  BATCH_SIZE(
      "keepgate.batch.size", Kind.SUMMARY, "Rows, of any requests, that a worker took on together"),
  WHOLE_ROWS(
      "keepgate.whole.rows",
      Kind.SUMMARY,
      "Rows of a request that a worker computed as a whole, by itself"),
  QUEUE("keepgate.queue", Kind.GAUGE, "Requests that wait for a worker"),
  ADMITTED(
      "keepgate.requests.admitted",
      Kind.GAUGE,
      "Requests that have been let in and are not computed yet"),
  MOST_ADMITTED(
      "keepgate.requests.admitted.most", Kind.GAUGE, "Those of the model that has the most"),
  ADMISSION_LIMIT(
      "keepgate.requests.admitted.limit", Kind.GAUGE, "Requests of one model that are let in"),
  IN_FLIGHT(
      "keepgate.memory.in.flight",
      Kind.BYTES,
      "Memory that requests hold of what their clients sent, or of what is made of it",
      "side"),
  IN_FLIGHT_LIMIT(
      "keepgate.memory.in.flight.limit", Kind.BYTES, "Memory that requests may hold", "side"),
  MEMORY_WAITING("keepgate.memory.waiting", Kind.GAUGE, "Requests that wait for memory"),

  MODELS("keepgate.models", Kind.GAUGE, "Versions of models, by status", "status"),
  MODEL_LOADS(
      "keepgate.model.loads", Kind.TIMER, "Time to read, compile and warm up a model", "outcome"),
  MODEL_MEMORY("keepgate.model.memory", Kind.BYTES, "Memory that models hold"),
  MODEL_BUDGET("keepgate.model.memory.budget", Kind.BYTES, "Memory that models may hold"),
  REPOSITORY_FREE("keepgate.repository.free", Kind.BYTES, "Space of the models' disk that is free"),
  REPOSITORY_SIZE("keepgate.repository.size", Kind.BYTES, "Space of the models' disk, in all"),
  REPOSITORY_FAULT(
      "keepgate.repository.fault",
      Kind.GAUGE,
      "1 where the models' disk has this fault, so that models cannot be changed",
      "fault"),

  REPLICA_MODELS(
      "keepgate.replica.models", Kind.COUNTER, "What became of versions between replicas", "event"),
  REPLICA_BYTES(
      "keepgate.replica.bytes", Kind.COUNTER, "Bytes that passed between replicas", "event"),
  RECONCILIATIONS(
      "keepgate.replica.reconciliations",
      Kind.COUNTER,
      "Comparisons with the other replicas",
      "outcome"),

  SEQUENCES("keepgate.sequences", Kind.COUNTER, "What became of sequences", "model", "event"),
  SEQUENCES_OPEN("keepgate.sequences.open", Kind.GAUGE, "Sequences that the store keeps"),
  SEQUENCES_LIMIT("keepgate.sequences.limit", Kind.GAUGE, "Sequences that the store may keep"),
  SEQUENCES_MEMORY(
      "keepgate.sequences.memory", Kind.BYTES, "Memory that the store's sequences take, about"),
  SEQUENCES_MEMORY_LIMIT(
      "keepgate.sequences.memory.limit", Kind.BYTES, "Memory that the store's sequences may take"),
  SEQUENCES_OLDEST(
      "keepgate.sequences.oldest",
      Kind.SECONDS,
      "Time since the store's oldest sequence was opened"),
  SHADOW(
      "keepgate.shadow",
      Kind.COUNTER,
      "What became of requests that shadows were sent",
      "model",
      "version",
      "label",
      "outcome"),
  SHADOW_DIFFERENCE(
      "keepgate.shadow.difference",
      Kind.SUMMARY,
      "Largest absolute difference of any number of an answer from the served one",
      "model",
      "version",
      "label"),
  SHADOW_QUEUE("keepgate.shadow.queue", Kind.GAUGE, "Requests that wait for shadows"),
  SHADOW_MEMORY("keepgate.shadow.memory", Kind.BYTES, "Memory that shadows hold"),
  SHADOW_SEQUENCES("keepgate.shadow.sequences", Kind.GAUGE, "Sequences that shadows follow"),
  SEQUENCE_STORE(
      "keepgate.sequence.store",
      Kind.TIMER,
      "Time that the store of sequences takes to answer",
      "operation",
      "outcome"),
  STREAM_RECORDS(
      "keepgate.stream.records",
      Kind.COUNTER,
      "Records of a stream that were taken care of, by what became of them",
      "binding",
      "outcome"),
  STREAM_DEAD_LETTERS(
      "keepgate.stream.dead.letters",
      Kind.COUNTER,
      "Records of a stream that could not be computed, by the reason",
      "binding",
      "reason"),
  STREAM_RESTORED(
      "keepgate.stream.restored",
      Kind.COUNTER,
      "States of a stream that were read back from their topic",
      "binding"),
  STREAM_IN_FLIGHT(
      "keepgate.stream.in.flight",
      Kind.GAUGE,
      "Records of a stream that were read and are not answered",
      "binding"),
  STREAM_STATES(
      "keepgate.stream.states",
      Kind.GAUGE,
      "Sequences of a stream that this server keeps, about; NaN while they are being moved",
      "binding"),
  STREAM_UP(
      "keepgate.stream.up",
      Kind.GAUGE,
      "1 while the records of a stream are taken on; 0 where no broker is reached, a thread failed, or records wait",
      "binding"),
  STREAM_LAG(
      "keepgate.stream.lag",
      Kind.GAUGE,
      "Records of a stream that this server has still to read; NaN while it has no partition",
      "binding");

  /** What a meter measures, and in what unit. */
  enum Kind {
    /** Counts events and how long each took. */
    TIMER(null),
    /** The same of what its source counts. */
    SUMMED_TIMER(null),
    /** Counts events and how large each was. */
    SUMMARY(null),
    /** Only grows. */
    COUNTER(null),
    SECONDS_COUNTER("seconds"),
    /** Is read when it is scraped. */
    GAUGE(null),
    BYTES("bytes"),
    SECONDS("seconds");

    private final @Nullable String unit;

    Kind(@Nullable String unit) {
      this.unit = unit;
    }
  }

  private final String id;
  private final Kind kind;
  private final String description;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> keys;

  MeterName(String id, Kind kind, String description, String... keys) {
    this.id = id;
    this.kind = kind;
    this.description = description;
    this.keys = List.of(keys);
  }

  /** The name. */
  String id() {
    return id;
  }

  Kind kind() {
    return kind;
  }

  String description() {
    return description;
  }

  /** The keys of its tags. */
  List<String> keys() {
    return keys;
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
    return Gauge.builder(id, value).description(description).baseUnit(kind.unit).tags(tags(values));
  }

  /** A counter of what its source counts; the source has to be kept by others. */
  <T> FunctionCounter.Builder<T> counted(T source, ToDoubleFunction<T> count, String... values) {
    return FunctionCounter.builder(id, source, count)
        .description(description)
        .baseUnit(kind.unit)
        .tags(tags(values));
  }

  /** A timer of what its source counts; the source has to be kept by others. */
  <T> FunctionTimer.Builder<T> timed(
      T source, ToLongFunction<T> count, ToDoubleFunction<T> nanos, String... values) {
    return FunctionTimer.builder(id, source, count, nanos, TimeUnit.NANOSECONDS)
        .description(description)
        .tags(tags(values));
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
