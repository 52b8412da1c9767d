package dev.keepgate.api.kafka;

import dev.keepgate.inference.KeptSequences;
import dev.keepgate.inference.StreamListener;
import dev.keepgate.listener.Listeners;
import dev.keepgate.registry.ModelRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/** Streams, where there are bindings and the libraries for them. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(name = "org.apache.kafka.streams.KafkaStreams")
@Conditional(OnBindings.class)
@EnableConfigurationProperties(StreamsProperties.class)
class StreamsConfiguration {

  /** Threads that wait for forecasts, which workers compute. */
  private static final int FORECASTS = 16;

  @Bean
  StreamModels streamModels(ModelRegistry registry, StreamsProperties properties) {
    return new StreamModels(registry, properties.bindings());
  }

  @Bean(destroyMethod = "shutdownNow")
  ExecutorService streamForecasts() {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        FORECASTS,
        work -> {
          Thread thread = new Thread(work, "keepgate-forecast-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  @Bean
  StreamTraces streamTraces(ObjectProvider<Tracer> tracer, ObjectProvider<Propagator> propagator) {
    return new StreamTraces(tracer.getIfAvailable(), propagator.getIfAvailable());
  }

  @Bean
  StreamsApplication streamsApplication(
      StreamsProperties properties,
      StreamModels models,
      KeptSequences sequences,
      ExecutorService streamForecasts,
      StreamTraces traces,
      ObjectProvider<StreamListener> told) {
    Listeners<StreamListener> listeners = new Listeners<>(told.orderedStream().toList());
    StreamBinding.Surroundings shared =
        new StreamBinding.Surroundings(
            properties.applicationId(), new RecordLimits(StreamsClient.USUAL_RECORD), listeners);
    List<StreamBinding> bindings =
        properties.bindings().stream()
            .map(
                each ->
                    new StreamBinding(
                        each,
                        new StreamSteps(each, models, sequences, streamForecasts),
                        models,
                        new StreamStatus(),
                        traces,
                        shared))
            .toList();
    return new StreamsApplication(
        bindings,
        StreamsClient.properties(properties),
        Duration.ofSeconds(20),
        Clock.systemUTC(),
        listeners);
  }

  @Bean
  StreamSequences streamSequences(StreamsApplication application, StreamsProperties properties) {
    return new StreamSequences(application, properties.peerUrl());
  }

  @Bean("streams")
  StreamsHealthIndicator streamsHealthIndicator(StreamsApplication application) {
    return new StreamsHealthIndicator(application);
  }
}
