package dev.keepgate.api.kafka;

import org.apache.kafka.streams.KafkaStreams;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Up while records are taken on. Down where no broker is reached, a thread has failed, or records
 * wait for something that does not pass by itself; nothing is lost then.
 */
final class StreamsHealthIndicator implements HealthIndicator {

  private final StreamsApplication application;

  StreamsHealthIndicator(StreamsApplication application) {
    this.application = application;
  }

  @Override
  public Health health() {
    KafkaStreams streams = application.streams();
    KafkaStreams.State state = streams == null ? KafkaStreams.State.CREATED : streams.state();
    Health.Builder health = new Health.Builder().up();
    health.withDetail("state", state.toString());
    if (!state.isRunningOrRebalancing()) {
      health.down();
    }
    boolean isConnected = application.isConnected();
    health.withDetail("brokers", isConnected ? "connected" : "not reached");
    if (!isConnected) {
      health.down();
    }
    String failure = application.recentFailure();
    if (failure != null) {
      health.down().withDetail("failure", failure);
    }
    for (StreamBinding binding : application.all()) {
      String reason = binding.status().reason();
      if (reason != null) {
        health.down().withDetail(binding.name(), "records wait: " + reason);
      }
    }
    return health.build();
  }
}
