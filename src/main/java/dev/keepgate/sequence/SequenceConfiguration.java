package dev.keepgate.sequence;

import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.resource.Delay;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.connection.RedisConnectionFactory;

@Configuration(proxyBeanMethods = false)
class SequenceConfiguration {

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(
      name = "keepgate.sequences.store",
      havingValue = "memory",
      matchIfMissing = true)
  static class InMemory {

    @Bean
    InMemorySequenceStore memorySequenceStore(
        SequenceProperties properties, SequenceListener listener) {
      return new InMemorySequenceStore(properties, Clock.systemUTC(), listener);
    }

    @Bean
    SequenceReaper sequenceReaper(InMemorySequenceStore store, SequenceProperties properties) {
      return new SequenceReaper(store::reap, properties.reapInterval());
    }

    @Bean
    @Primary
    @ConditionalOnProperty("keepgate.sequences.hand-over")
    HandOverSequenceStore handOverSequenceStore(
        InMemorySequenceStore memory, RedisSequenceStore redis) {
      return new HandOverSequenceStore(memory, redis);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @Conditional(UsesRedis.class)
  static class InRedis {

    /**
     * A command for which there is no connection fails at once: its client is told to come back.
     */
    @Bean
    LettuceClientOptionsBuilderCustomizer failWhileDisconnected() {
      return options -> options.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS);
    }

    /** Tries every second at least, so that Redis is used again soon after it is back. */
    @Bean
    ClientResourcesBuilderCustomizer reconnectSoon() {
      return resources ->
          resources.reconnectDelay(
              Delay.exponential(
                  Duration.ofMillis(10), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS));
    }

    @Bean
    RedisSequenceStore redisSequenceStore(
        RedisConnectionFactory connections,
        SequenceProperties properties,
        SequenceListener listener) {
      return new RedisSequenceStore(connections, properties, Clock.systemUTC(), listener);
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
