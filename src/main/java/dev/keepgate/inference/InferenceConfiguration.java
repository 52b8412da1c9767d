package dev.keepgate.inference;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import java.time.Clock;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

@Configuration(proxyBeanMethods = false)
class InferenceConfiguration {

  @Bean
  ModelStatistics modelStatistics() {
    return new ModelStatistics();
  }

  /** Whoever has something to say says it once. */
  @Bean
  @Primary
  InferenceListener inferenceListeners(List<InferenceListener> listeners) {
    return new InferenceListeners(listeners);
  }

  @Bean
  Inference inference(
      BatchScheduler scheduler, InferenceProperties properties, InferenceListener listener) {
    return new Inference(scheduler, properties, listener);
  }

  @Bean
  Sequences sequences(
      ModelRegistry registry,
      Inference inference,
      SequenceStore store,
      SequenceProperties properties,
      SequenceListener listener) {
    return new Sequences(registry, inference, store, properties, listener, Clock.systemUTC());
  }

  @Bean
  SequenceDrain sequenceDrain(Sequences sequences, SequenceProperties properties) {
    return new SequenceDrain(sequences, properties.reapInterval());
  }
}
