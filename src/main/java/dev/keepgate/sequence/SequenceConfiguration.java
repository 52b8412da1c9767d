package dev.keepgate.sequence;

import java.time.Clock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class SequenceConfiguration {

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(
      name = "keepgate.sequences.store",
      havingValue = "memory",
      matchIfMissing = true)
  static class InMemory {

    @Bean
    InMemorySequenceStore sequenceStore(SequenceProperties properties, SequenceListener listener) {
      return new InMemorySequenceStore(properties, Clock.systemUTC(), listener);
    }

    @Bean
    SequenceReaper sequenceReaper(InMemorySequenceStore store, SequenceProperties properties) {
      return new SequenceReaper(store::reap, properties.reapInterval());
    }
  }
}
