package dev.keepgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class RedisPropertiesTest {

  private static RedisProperties bound(Map<String, String> settings) {
    return new Binder(new MapConfigurationPropertySource(settings))
        .bindOrCreate("keepgate.redis", RedisProperties.class);
  }

  @Test
  void keysAreThoseOfEarlierBuildsUnlessTheirPrefixIsSet() {
    RedisProperties unset = bound(Map.of());
    assertThat(unset.keys()).isEqualTo("{keepgate}:");
    assertThat(unset.keys("models")).isEqualTo("{keepgate:models}:");
    assertThat(bound(Map.of("keepgate.redis.prefix", "test-2")).keys()).isEqualTo("{test-2}:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a:b", "{a}", "a}", "-a", "a b", "ä", "a\n"})
  void prefixThatWouldMixKeysIsRefused(String prefix) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RedisProperties(prefix))
        .withMessageContaining("keepgate.redis.prefix");
    assertThatIllegalArgumentException().isThrownBy(() -> new RedisProperties("a".repeat(65)));
  }
}
