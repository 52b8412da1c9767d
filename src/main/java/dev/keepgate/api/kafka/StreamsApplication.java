package dev.keepgate.api.kafka;

import dev.keepgate.inference.StreamListener;
import dev.keepgate.inference.StreamStatistics;
import dev.keepgate.listener.Listeners;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Runs Kafka Streams with all bindings: begins with the server, comes back from whatever ends it,
 * and commits what was answered before the server ends.
 */
final class StreamsApplication implements SmartLifecycle, StreamStatistics {

  private static final Logger log = LoggerFactory.getLogger(StreamsApplication.class);

  /** Before another try. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private static final Duration LOOK = Duration.ofSeconds(20);

  /** How long a failure is told of. */
  private static final Duration RECENT = Duration.ofSeconds(15);

  private final List<StreamBinding> bindings;
  private final Properties properties;
  private final Duration drain;
  private final Clock clock;
  private final Listeners<StreamListener> listeners;
  private final CountDownLatch stopping = new CountDownLatch(1);

  private volatile @Nullable KafkaStreams streams;
  private volatile @Nullable Failure failure;
  private @Nullable Thread watch;

  /** What ended a thread, or the attempt to begin. */
  record Failure(String what, long at) {}

  /**
   * @param drain how long a commit may take when the server ends
   */
  StreamsApplication(
      List<StreamBinding> bindings,
      Properties properties,
      Duration drain,
      Clock clock,
      Listeners<StreamListener> listeners) {
    this.bindings = bindings;
    this.properties = properties;
    this.drain = drain;
    this.clock = clock;
    this.listeners = listeners;
  }

  @Override
  public void start() {
    Thread thread = new Thread(this::watch, "keepgate-streams");
    thread.setDaemon(true);
    watch = thread;
    thread.start();
  }

  /** Begins, again if need be, and learns what the topics take. */
  private void watch() {
    TopicLimits limits = null;
    try {
      boolean isToStop = false;
      while (!isToStop) {
        Duration next = LOOK;
        try {
          limits = limits == null ? new TopicLimits(properties, bindings) : limits;
          limits.read();
          KafkaStreams now = streams;
          if (now == null || now.state().hasCompletedShutdown()) {
            begin();
          }
        } catch (RuntimeException | Error e) {
          // Without this thread nothing would begin again.
          failed("the streams do not begin", e);
          next = PAUSE;
        }
        isToStop = stopping.await(next.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (limits != null) {
        limits.close();
      }
    }
  }

  private synchronized void begin() {
    if (stopping.getCount() == 0) {
      return;
    }
    KafkaStreams former = streams;
    if (former != null) {
      former.close(drain);
    }
    KafkaStreams next = new KafkaStreams(StreamTopology.of(bindings, clock), properties);
    next.setUncaughtExceptionHandler(this::ended);
    next.setGlobalStateRestoreListener(new Restored());
    try {
      next.start();
      streams = next;
    } finally {
      if (streams != next) {
        // It would count as one that is about to begin, and never be tried again.
        next.close(Duration.ZERO);
      }
    }
  }

  private StreamThreadExceptionResponse ended(Throwable cause) {
    if (stopping.getCount() == 0) {
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
    TopicLimits.learn(cause, bindings);
    failed("a thread of the streams ended, another takes its place", cause);
    try {
      boolean isToStop = stopping.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      return isToStop
          ? StreamThreadExceptionResponse.SHUTDOWN_CLIENT
          : StreamThreadExceptionResponse.REPLACE_THREAD;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
  }

  private void failed(String what, Throwable cause) {
    Failure before = failure;
    Throwable root = cause;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String told = what + ": " + (root instanceof MissingSourceTopicException ? missing() : root);
    failure = new Failure(told, System.nanoTime());
    if (before == null || !before.what().equals(told)) {
      log.warn("{}", what, cause);
    }
  }

  /** Kafka does not say which. */
  private String missing() {
    return "a topic is missing of "
        + bindings.stream().map(each -> each.settings().input()).collect(Collectors.joining(", "));
  }

  /** Tells the meters of states that were read back. */
  private final class Restored implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition topic, String store, long from, long to) {
      log.info("Reading {} states of {} back from {}", to - from, store, topic);
    }

    @Override
    public void onBatchRestored(TopicPartition topic, String store, long end, long count) {
      for (StreamBinding binding : bindings) {
        if (binding.states().equals(store)) {
          listeners.tell(each -> each.restored(binding.name(), count));
        }
      }
    }

    @Override
    public void onRestoreEnd(TopicPartition topic, String store, long total) {
      log.info("Read {} states of {} back from {}", total, store, topic);
    }
  }

  /** Commits what was answered; what is under way is left to whoever has its partition next. */
  @Override
  public void stop() {
    stopping.countDown();
    bindings.forEach(binding -> binding.status().close());
    synchronized (this) {
      KafkaStreams now = streams;
      if (now != null && !now.close(leaving())) {
        log.warn("The streams did not end within {}", drain);
      }
    }
    Thread thread = watch;
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** Others are given its partitions at once, not when its session has run out. */
  private CloseOptions leaving() {
    return CloseOptions.timeout(drain)
        .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP);
  }

  @Override
  public boolean isRunning() {
    return watch != null && stopping.getCount() > 0;
  }

  /** After all that computes, so that it ends before. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  @Nullable KafkaStreams streams() {
    return streams;
  }

  List<StreamBinding> all() {
    return bindings;
  }

  /** What went wrong lately; null for nothing. */
  @Nullable String recentFailure() {
    Failure last = failure;
    boolean isRecent = last != null && System.nanoTime() - last.at() < RECENT.toNanos();
    return last != null && isRecent ? last.what() : null;
  }

  /** Whether any consumer is connected to a broker that answers. */
  boolean isConnected() {
    return consumers("connection-count") > 0 && consumers("incoming-byte-rate") > 0;
  }

  /** Of those that read records: those that read states back miss the end of a connection. */
  private double consumers(String name) {
    return sum(
        metric ->
            metric.group().equals("consumer-metrics")
                && metric.name().equals(name)
                && !metric.tags().getOrDefault("client-id", "").endsWith("-restore-consumer"));
  }

  /** NaN where there is none. */
  private double sum(Predicate<MetricName> which) {
    KafkaStreams now = streams;
    double sum = Double.NaN;
    for (Map.Entry<MetricName, ? extends Metric> each :
        now == null ? Map.<MetricName, Metric>of().entrySet() : now.metrics().entrySet()) {
      if (which.test(each.getKey())
          && each.getValue().metricValue() instanceof Double value
          && !value.isNaN()) {
        sum = Double.isNaN(sum) ? value : sum + value;
      }
    }
    return sum;
  }

  @Override
  public List<String> bindings() {
    return bindings.stream().map(StreamBinding::name).toList();
  }

  private StreamBinding named(String name) {
    return bindings.stream().filter(each -> each.name().equals(name)).findAny().orElseThrow();
  }

  @Override
  public boolean isUp(String binding) {
    KafkaStreams now = streams;
    return now != null
        && now.state().isRunningOrRebalancing()
        && isConnected()
        && recentFailure() == null
        && named(binding).status().reason() == null;
  }

  @Override
  public double inFlight(String binding) {
    return named(binding).status().inFlight();
  }

  @Override
  public double states(String binding) {
    ReadOnlyKeyValueStore<byte[], byte[]> store = store(named(binding));
    return store == null ? Double.NaN : store.approximateNumEntries();
  }

  /** The states of this server's partitions; null where they cannot be asked now. */
  @Nullable ReadOnlyKeyValueStore<byte[], byte[]> store(StreamBinding binding) {
    KafkaStreams now = streams;
    try {
      return now == null
          ? null
          : now.store(
              StoreQueryParameters.fromNameAndType(
                  binding.states(), QueryableStoreTypes.<byte[], byte[]>keyValueStore()));
    } catch (RuntimeException e) {
      // They are being moved, or the streams have ended.
      return null;
    }
  }

  @Override
  public double lag(String binding) {
    String topic = named(binding).settings().input();
    return sum(
        metric ->
            metric.group().equals("consumer-fetch-manager-metrics")
                && metric.name().equals("records-lag")
                && topic.equals(metric.tags().get("topic")));
  }
}
