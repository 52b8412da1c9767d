package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.listener.Listeners;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import dev.keepgate.sequence.SequenceStoreListener.Operation;
import dev.keepgate.sequence.SequenceStoreListener.Outcome;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Whatever is asked through it is answered as by the store itself, and told. */
class TimedSequenceStoreTest extends InMemoryContract {

  private final List<String> told = new ArrayList<>();

  @Override
  SequenceStore inFrontOf(InMemorySequenceStore behind) {
    return timed(behind);
  }

  private TimedSequenceStore timed(SequenceStore asked) {
    return new TimedSequenceStore(asked, new Listeners<>(List.of(this::tell)));
  }

  private void tell(Operation operation, Outcome outcome, Duration took) {
    assertThat(took).isPositive();
    synchronized (told) {
      told.add(operation + " " + outcome);
    }
  }

  @Test
  void everyCallIsToldWithWhatCameOfIt() {
    Sequence sequence = sequence("a");
    store.create(sequence);
    assertThatExceptionOfType(SequenceException.Exists.class)
        .isThrownBy(() -> store.create(sequence));
    assertThat(store.find(sequence.id()).id()).isEqualTo(sequence.id());
    Sequence next = next(sequence);
    assertThat(store.replace(sequence, next)).isTrue();
    assertThat(store.replace(sequence, next(next))).isFalse();
    assertThat(store.usage().open()).isEqualTo(1);
    assertThat(store.count(MODEL)).isEqualTo(1);
    store.remove(sequence.id());
    assertThatExceptionOfType(SequenceException.Unknown.class)
        .isThrownBy(() -> store.find(sequence.id()));
    assertThat(told)
        .containsExactly(
            "CREATE SUCCESS",
            "CREATE REFUSED",
            "FIND SUCCESS",
            "REPLACE SUCCESS",
            "REPLACE REFUSED",
            "USAGE SUCCESS",
            "COUNT SUCCESS",
            "REMOVE SUCCESS",
            "FIND REFUSED");
  }

  @Test
  void storeThatIsAwayIsAnError() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    LettuceConnectionFactory nowhere = new LettuceConnectionFactory("localhost", port);
    nowhere.afterPropertiesSet();
    nowhere.start();
    try {
      TimedSequenceStore away =
          timed(
              new RedisSequenceStore(
                  nowhere,
                  new RedisProperties("test"),
                  properties(1, 1, 1 << 20, WhenFull.REJECT),
                  Listeners.none()));
      assertThatExceptionOfType(SequenceException.Unavailable.class).isThrownBy(away::usage);
      assertThat(told).containsExactly("USAGE ERROR");
    } finally {
      nowhere.destroy();
    }
  }
}
