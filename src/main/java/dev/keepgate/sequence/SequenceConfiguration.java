package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.redis.RedisProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.connection.RedisConnectionFactory;

@Configuration(proxyBeanMethods = false)
class SequenceConfiguration {

  @Bean
  Listeners<SequenceListener> sequenceListeners(ObjectProvider<SequenceListener> listeners) {
    return new Listeners<>(listeners.orderedStream().toList());
  }

  /** The store that is asked; those that it asks are beans of their own, and closed as such. */
  @Bean(destroyMethod = "")
  @Primary
  SequenceStore sequenceStore(
      ObjectProvider<HandOverSequenceStore> handOver,
      ObjectProvider<InMemorySequenceStore> memory,
      ObjectProvider<RedisSequenceStore> redis,
      ObjectProvider<SequenceStoreListener> listeners,
      MemoryPlan plan) {
    Listeners<SequenceStoreListener> told = new Listeners<>(listeners.orderedStream().toList());
    SequenceStore here = handOver.getIfAvailable();
    if (here == null) {
      here = memory.getIfAvailable();
    }
    if (here != null) {
      return new TimedSequenceStore(here, told);
    }
    SequenceStore away = new TimedSequenceStore(redis.getObject(), told);
    return plan.sequences() == 0 ? away : new RecentSequenceStore(away, plan.sequences());
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(
      name = "keepgate.sequences.store",
      havingValue = "memory",
      matchIfMissing = true)
  static class InMemory {

    @Bean
    InMemorySequenceStore memorySequenceStore(
        SequenceProperties properties, MemoryPlan memory, Listeners<SequenceListener> listeners) {
      return new InMemorySequenceStore(
          properties.within(memory.sequences()), System::nanoTime, listeners);
    }

    @Bean
    SequenceReaper sequenceReaper(InMemorySequenceStore store, SequenceProperties properties) {
      return new SequenceReaper(store::reap, properties.reapInterval());
    }

    @Bean
    @ConditionalOnProperty("keepgate.sequences.hand-over")
    HandOverSequenceStore handOverSequenceStore(
        InMemorySequenceStore memory, RedisSequenceStore redis) {
      return new HandOverSequenceStore(memory, redis);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @Conditional(UsesRedis.class)
  static class InRedis {

    @Bean
    RedisSequenceStore redisSequenceStore(
        RedisConnectionFactory connections,
        RedisProperties redis,
        SequenceProperties properties,
        Listeners<SequenceListener> listeners) {
      return new RedisSequenceStore(
          connections, redis, properties.within(SequenceProperties.IN_REDIS), listeners);
    }

    @Bean
    SequenceReaper redisSequenceReaper(RedisSequenceStore store, SequenceProperties properties) {
      return new SequenceReaper(store::reap, properties.reapInterval());
    }
  }

  static class UsesRedis extends AnyNestedCondition {

    UsesRedis() {
      super(ConfigurationPhase.PARSE_CONFIGURATION);
    }

    @ConditionalOnProperty(name = "keepgate.sequences.store", havingValue = "redis")
    static class AsStore {}

    @ConditionalOnProperty("keepgate.sequences.hand-over")
    static class ForHandOver {}
  }
}
