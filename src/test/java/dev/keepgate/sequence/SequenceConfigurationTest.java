package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.redis.RedisProperties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Whichever store is set, who asks for the store gets the one that is measured. */
class SequenceConfigurationTest {

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties({SequenceProperties.class, RedisProperties.class})
  @Import(SequenceConfiguration.class)
  static class Surroundings {

    @Bean
    MemoryPlan memoryPlan() {
      return new MemoryPlan(1 << 30, 1 << 30, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20);
    }

    /** It connects on first use, of which there is none. */
    @Bean
    RedisConnectionFactory connections() {
      return new LettuceConnectionFactory();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "memory, false, InMemorySequenceStore",
    "memory, true, HandOverSequenceStore",
    "redis, false, RedisSequenceStore"
  })
  void storeIsMeasured(String store, boolean handOver, String asked) {
    new ApplicationContextRunner()
        .withUserConfiguration(Surroundings.class)
        .withPropertyValues(
            "keepgate.sequences.store=" + store, "keepgate.sequences.hand-over=" + handOver)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              SequenceStore found = context.getBean(SequenceStore.class);
              assertThat(found).isInstanceOf(TimedSequenceStore.class);
              assertThat(found).extracting("store.class.simpleName").isEqualTo(asked);
            });
  }
}
