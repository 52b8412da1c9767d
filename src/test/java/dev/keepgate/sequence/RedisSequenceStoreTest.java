package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a {@code redis-server} of this machine. */
class RedisSequenceStoreTest extends RedisContract {

  @TempDir static Path folder;
  private static RedisProcess redis;

  @BeforeAll
  static void start() throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(folder);
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  @Override
  RedisServer redis() {
    return redis;
  }

  @Test
  void sayingItTwiceIsSayingItOnce() {
    Sequence first = sequence("a");
    store.create(first);
    store.create(first);
    Sequence second = next(first);
    assertThat(store.replace(first, second)).isTrue();
    assertThat(store.replace(first, second)).isTrue();
    assertThat(store.usage().open()).isEqualTo(1);
    assertThat(store.usage().bytes()).isEqualTo(second.bytes());
  }

  @Test
  void isUnavailableWhileRedisIsAwayAndComesBackByItself() throws Exception {
    Sequence first = sequence("a");
    store.create(first);
    redis.kill();
    try {
      assertThatThrownBy(() -> store.replace(first, next(first)))
          .isInstanceOf(SequenceException.Unavailable.class);
      assertThatThrownBy(() -> store.find(first.id()))
          .isInstanceOf(SequenceException.Unavailable.class);
    } finally {
      redis.restart();
    }
    Awaitility.await()
        .ignoreExceptionsInstanceOf(SequenceException.Unavailable.class)
        .untilAsserted(() -> assertThat(store.find(first.id()).step()).isZero());
    assertThat(store.replace(first, next(first))).isTrue();
  }

  @Test
  void leavesNothingBehind() throws Exception {
    Sequence first = sequence("a");
    store.create(first);
    store.replace(first, next(first));
    store.remove(first.id());
    assertThat(redis.command("DBSIZE")).startsWith(":0");
  }
}
