package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.listener.Listeners;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

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
  void answersWhatIsSoThoughReplicasOfRedisAreBehind(@TempDir Path behind) throws Exception {
    try (LaggingReplica replica = LaggingReplica.of(redis, behind)) {
      LettuceConnectionFactory connections = replica.readingFromIt();
      try {
        RedisSequenceStore reading =
            new RedisSequenceStore(
                connections,
                PREFIX,
                properties(1000, 1000, 1 << 24, WhenFull.REJECT),
                Listeners.none());
        Sequence sequence = sequence("a");
        reading.create(sequence);
        assertThat(reading.find(sequence.id()).id()).isEqualTo(sequence.id());
        assertThat(reading.count(MODEL)).isEqualTo(1);
        assertThat(reading.usage().open()).isEqualTo(1);
      } finally {
        connections.destroy();
      }
    }
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

  /** Keys and values outlive the build that wrote them, as a sequence's bytes do. */
  @Test
  void whatAnEarlierBuildLeftInRedisGoesOn() throws Exception {
    for (String command : SequenceCodecTest.frozen("redis-1.txt")) {
      assertThat(redis.command(List.of(command.split("\t")))).doesNotStartWith("-").isNotEmpty();
    }
    SequenceId id = new SequenceId("chat-7");
    Sequence found = store.find(id);
    assertThat(found.step()).isEqualTo(41);
    assertThat(store.usage().open()).isEqualTo(1);
    assertThat(store.usage().oldest()).isEqualTo("2026-03-01T10:00:00.123Z");
    assertThat(store.count(found.model())).isEqualTo(1);
    Sequence next = next(found);
    assertThat(store.replace(found, next)).isTrue();
    assertThat(store.find(id)).usingRecursiveComparison().isEqualTo(next);
    store.remove(id);
    assertThat(redis.command("DBSIZE")).startsWith(":0");
  }

  @Test
  void serversOfAnotherPrefixShareNothing() {
    LettuceConnectionFactory connections = RedisContract.connect(redis);
    try (RedisSequenceStore other =
        new RedisSequenceStore(
            connections,
            new RedisProperties("another"),
            properties(10, 10, 1 << 20, WhenFull.REJECT),
            Listeners.none())) {
      Sequence first = sequence("a");
      store.create(first);
      assertThatThrownBy(() -> other.find(first.id()))
          .isInstanceOf(SequenceException.Unknown.class);
      assertThat(other.usage()).isEqualTo(new SequenceUsage(0, 0, null));
      Sequence namesake = sequence("a", OTHER, TTL, 1);
      other.create(namesake);
      store.remove(first.id());
      assertThat(other.find(first.id())).usingRecursiveComparison().isEqualTo(namesake);
      assertThat(redis.command("EXISTS {another}:sequence:a")).startsWith(":1");
    } finally {
      connections.destroy();
    }
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
