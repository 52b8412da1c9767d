package dev.keepgate.api.kafka;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.streams.StreamsConfig;

/** Learns from the brokers how large a record each topic takes. For one thread. */
final class TopicLimits implements AutoCloseable {

  private static final int PATIENCE_SECONDS = 5;

  private final List<StreamBinding> bindings;
  private final Admin admin;

  /** How large a record may be that the producers send at all. */
  private final int produced;

  TopicLimits(Properties streams, List<StreamBinding> bindings) {
    Properties properties = new Properties();
    streams.forEach(
        (name, value) -> {
          // Those of connections and credentials are the same for all clients.
          if (AdminClientConfig.configNames().contains(String.valueOf(name))) {
            properties.put(name, value);
          }
        });
    this.bindings = bindings;
    this.admin = Admin.create(properties);
    this.produced =
        Integer.parseInt(
            String.valueOf(
                streams.getOrDefault(
                    StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                    streams.getOrDefault(
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, StreamsClient.USUAL_RECORD))));
  }

  /** Looks at all topics that bindings write to; those that are not there yet are left out. */
  void read() throws InterruptedException {
    Set<ConfigResource> topics = new HashSet<>();
    for (StreamBinding binding : bindings) {
      for (String topic :
          List.of(
              binding.settings().output(),
              binding.settings().deadLetterTopic(),
              binding.statesTopic(),
              binding.pendingTopic())) {
        topics.add(new ConfigResource(ConfigResource.Type.TOPIC, topic));
      }
    }
    RecordLimits limits = bindings.get(0).surroundings().limits();
    for (Map.Entry<ConfigResource, KafkaFuture<Config>> each :
        admin.describeConfigs(topics).values().entrySet()) {
      int limit = limit(each.getValue());
      if (limit > 0) {
        limits.set(each.getKey().name(), Math.min(produced, limit));
      }
    }
  }

  /** 0 where it is not known now. */
  private static int limit(KafkaFuture<Config> topic) throws InterruptedException {
    try {
      ConfigEntry entry =
          topic.get(PATIENCE_SECONDS, TimeUnit.SECONDS).get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
      return entry == null ? 0 : Integer.parseInt(entry.value());
    } catch (ExecutionException | TimeoutException e) {
      // It is not there yet, may not be looked at, or no broker answers.
      return 0;
    }
  }

  /** Remembers that a record was too large for one of the topics, so that it is not tried again. */
  static void learn(Throwable cause, List<StreamBinding> bindings) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof RecordTooLargeException) {
        for (StreamBinding binding : bindings) {
          binding.surroundings().limits().halve(binding.settings().output());
          binding.surroundings().limits().halve(binding.settings().deadLetterTopic());
        }
        return;
      }
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}
