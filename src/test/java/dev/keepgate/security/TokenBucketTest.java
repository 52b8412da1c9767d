package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketTest {

  private static final long SECOND = 1_000_000_000;

  @ParameterizedTest
  @ValueSource(longs = {0, -5, Long.MAX_VALUE - 3})
  void givesThoseOfASecondAtOnceAndThenOneByOne(long start) {
    TokenBucket bucket = new TokenBucket(10, start);
    for (int i = 0; i < 10; i++) {
      assertThat(bucket.tryTake(start)).isNull();
    }
    assertThat(bucket.tryTake(start)).isEqualTo(Duration.ofMillis(100));
    assertThat(bucket.tryTake(start + SECOND / 10)).isNull();
    assertThat(bucket.tryTake(start + SECOND / 10)).isEqualTo(Duration.ofMillis(100));
    for (int i = 0; i < 10; i++) {
      assertThat(bucket.tryTake(start + 60 * SECOND)).isNull();
    }
    assertThat(bucket.tryTake(start + 60 * SECOND)).isNotNull();
  }

  @Test
  void givesNoMoreThanItsRateWhateverComes() {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int run = 0; run < 100; run++) {
      int rate = 1 + random.nextInt(1000);
      TokenBucket bucket = new TokenBucket(rate, 0);
      long now = 0;
      int given = 0;
      for (int i = 0; i < 5000; i++) {
        now += random.nextInt(2_000_000);
        given += bucket.tryTake(now) == null ? 1 : 0;
      }
      double most = rate + now * 1e-9 * rate * 1.001 + 1;
      // One less, since whole ones are given: at a rate of 1 that tells.
      double least = Math.min(5000, most * 0.9) * 0.9 - 1;
      assertThat((double) given).as("seed %d, rate %d", seed, rate).isBetween(least, most);
    }
  }

  @Test
  void callerOfAnotherRateStartsAnew() {
    RateLimits rates = new RateLimits(1);
    Caller slow = Caller.ofKey("a", Set.of(Role.INFER), new Caller.Limits(1, 0));
    rates.count(slow);
    assertThatThrownBy(() -> rates.count(slow))
        .isInstanceOf(RateLimitedException.class)
        .hasMessage("'a' may send 1 requests a second");
    rates.count(Caller.ofKey("a", Set.of(Role.INFER), new Caller.Limits(2, 0)));
    rates.count(Caller.ofKey("a", Set.of(Role.INFER), Caller.Limits.NONE));
    rates.count(Caller.ofKey("b", Set.of(Role.INFER), new Caller.Limits(1, 0)));
    rates.countUnknown();
    assertThatThrownBy(rates::countUnknown).isInstanceOf(RateLimitedException.class);
  }
}
