package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.redis.RedisProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
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

  private static void assertMeasured(Object store, String asked) {
    assertThat(store).isInstanceOf(TimedSequenceStore.class);
    assertThat(store).extracting("store.class.simpleName").isEqualTo(asked);
  }

  private static SequenceStore store(AssertableApplicationContext context) {
    assertThat(context).hasNotFailed();
    return context.getBean(SequenceStore.class);
  }

  @ParameterizedTest
  @CsvSource({"false, InMemorySequenceStore", "true, HandOverSequenceStore"})
  void storeInMemoryIsMeasured(boolean handOver, String asked) {
    new ApplicationContextRunner()
        .withUserConfiguration(Surroundings.class)
        .withPropertyValues("keepgate.sequences.hand-over=" + handOver)
        .run(context -> assertMeasured(store(context), asked));
  }

  @Test
  void storeInRedisIsMeasuredBehindWhatIsRemembered() {
    new ApplicationContextRunner()
        .withUserConfiguration(Surroundings.class)
        .withPropertyValues("keepgate.sequences.store=redis")
        .run(
            context -> {
              SequenceStore found = store(context);
              assertThat(found).isInstanceOf(RecentSequenceStore.class);
              assertThat(found)
                  .extracting("store")
                  .satisfies(behind -> assertMeasured(behind, "RedisSequenceStore"));
            });
  }

  @Test
  void nothingIsRememberedWhereThereIsNoRoom() {
    MemoryPlan none = new MemoryPlan(1 << 30, 1 << 30, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 0);
    new ApplicationContextRunner()
        .withUserConfiguration(Surroundings.class)
        .withAllowBeanDefinitionOverriding(true)
        .withBean("memoryPlan", MemoryPlan.class, () -> none)
        .withPropertyValues("keepgate.sequences.store=redis")
        .run(context -> assertMeasured(store(context), "RedisSequenceStore"));
  }
}
