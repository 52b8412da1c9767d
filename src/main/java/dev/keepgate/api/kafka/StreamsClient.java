package dev.keepgate.api.kafka;

import dev.keepgate.api.kafka.StreamsProperties.Binding;
import java.net.URI;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;

/** Kafka's settings that ours come to. */
final class StreamsClient {

  /** What Kafka's producers take at most where nobody says, less what they add. */
  static final int USUAL_RECORD = 1_000_000;

  /** A cache a thread for the slots of records that are under way. */
  private static final long CACHE = 8L << 20;

  /** How long a record may wait, for its model to be there, before others get its partition. */
  private static final int LONGEST_WAIT = 15 * 60 * 1000;

  /** Between two records of a thread, so that what was computed meanwhile is answered. */
  private static final int POLL = 5;

  /** Of a producer: states are large, and few of them fill what it sends at once by default. */
  private static final int BATCH = 64 << 10;

  /** Records of a partition that wait before the processor; more are left with the broker. */
  private static final int BUFFERED = 128;

  /** Bytes that a thread has from one broker at once. */
  private static final int FETCHED = 16 << 20;

  private StreamsClient() {}

  static Properties properties(StreamsProperties settings) {
    Properties kafka = new Properties();
    kafka.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.applicationId());
    kafka.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    kafka.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    kafka.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, settings.threads());
    kafka.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, settings.commitInterval().toMillis());
    kafka.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, settings.standbyReplicas());
    kafka.put(StreamsConfig.POLL_MS_CONFIG, POLL);
    // A partition has no others to be in step with, and each record would ask for them.
    kafka.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    boundMemory(kafka, settings);
    kafka.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE * settings.threads());
    kafka.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG), LONGEST_WAIT);
    kafka.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH);
    if (settings.stateDir() != null) {
      kafka.put(StreamsConfig.STATE_DIR_CONFIG, settings.stateDir().toString());
    }
    HostInfo own = host(settings.peerUrl());
    if (own != null) {
      kafka.put(StreamsConfig.APPLICATION_SERVER_CONFIG, own.host() + ":" + own.port());
    }
    kafka.putAll(settings.properties());
    return kafka;
  }

  private static void boundMemory(Properties kafka, StreamsProperties settings) {
    kafka.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StateMemory.class);
    kafka.put(StateMemory.BYTES, settings.storeMemory().toBytes());
    kafka.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, BUFFERED);
    kafka.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG), FETCHED);
    kafka.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG),
        LargeRecords.class.getName());
    kafka.put(
        StreamsConfig.mainConsumerPrefix(LargeRecords.LIMITS),
        settings.bindings().stream()
            .collect(Collectors.toMap(Binding::input, each -> each.maxRecordBytes().toBytes())));
  }

  /** Of a URL; null where there is none. */
  static @Nullable HostInfo host(@Nullable String url) {
    if (url == null) {
      return null;
    }
    URI uri = URI.create(url);
    if (uri.getHost() == null || uri.getScheme() == null) {
      throw new IllegalArgumentException(
          "keepgate.streams.peer-url is '%s': expected one such as http://10.0.0.7:8080"
              .formatted(url));
    }
    int usual = uri.getScheme().equals("https") ? 443 : 80;
    return new HostInfo(uri.getHost(), uri.getPort() < 0 ? usual : uri.getPort());
  }
}
