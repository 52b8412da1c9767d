package dev.keepgate.inference;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.listener.Listeners;
import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.registry.AnswerCheck;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import io.micrometer.observation.ObservationRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class InferenceConfiguration {

  @Bean
  Listeners<ErrorListener> errorListeners(ObjectProvider<ErrorListener> listeners) {
    return new Listeners<>(listeners.orderedStream().toList());
  }

  @Bean
  AnswerCheck answerCheck(InferenceProperties properties) {
    return new ExpectedAnswersCheck(properties.maxWorkingMemory().toBytes());
  }

  @Bean
  ShadowQueue shadowQueue(
      ModelRegistry registry,
      BatchScheduler scheduler,
      ShadowProperties properties,
      ObjectProvider<ShadowListener> listeners) {
    return new ShadowQueue(
        registry, scheduler, properties, new Listeners<>(listeners.orderedStream().toList()));
  }

  @Bean
  Computation computation(
      BatchScheduler scheduler, InferenceProperties properties, ShadowRequests shadows) {
    return new Computation(scheduler, properties, shadows);
  }

  @Bean
  Inference inference(
      ModelRegistry registry,
      Computation computation,
      Sequences sequences,
      InFlightMemory memory,
      InferenceProperties properties,
      ObservationRegistry observations) {
    return new Inference(registry, computation, sequences, memory, properties, observations);
  }

  @Bean
  KeptSequences keptSequences(
      Inference inference,
      Computation computation,
      Sequences sequences,
      InferenceProperties properties) {
    return new KeptSequences(inference, computation, sequences, properties, Clock.systemUTC());
  }

  @Bean
  StatisticsHandler statisticsHandler() {
    return new StatisticsHandler();
  }

  @Bean
  Sequences sequences(
      ModelRegistry registry,
      Computation computation,
      SequenceStore store,
      SequenceProperties properties,
      Listeners<SequenceListener> listeners) {
    return new Sequences(registry, computation, store, properties, listeners, Clock.systemUTC());
  }

  @Bean
  SequenceDrain sequenceDrain(Sequences sequences, SequenceProperties properties) {
    return new SequenceDrain(sequences, properties.reapInterval());
  }
}
