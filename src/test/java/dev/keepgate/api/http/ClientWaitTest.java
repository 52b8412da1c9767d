package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientWaitTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final long RATE = 1000;

  private long seconds;
  private final ClientWait wait = new ClientWait(() -> Duration.ofSeconds(seconds).toNanos());

  private boolean isOverdue() {
    return wait.isOverdue(TIMEOUT, RATE);
  }

  @Test
  void waitsForTheTimeoutOfWhoSendsNothing() {
    wait.begin();
    seconds = 30;
    assertThat(isOverdue()).isFalse();
    seconds = 31;
    assertThat(isOverdue()).isTrue();
  }

  @Test
  void tricklesAddUp() {
    while (seconds < 60 && !isOverdue()) {
      wait.begin();
      seconds++;
      if (isOverdue()) {
        break;
      }
      wait.end(1);
    }
    assertThat(seconds).isEqualTo(31);
  }

  @Test
  void leastRateBuysAsMuchTimeAsTheBodyIsLong() {
    for (int i = 0; i < 100_000; i++) {
      wait.begin();
      seconds++;
      assertThat(isOverdue()).isFalse();
      wait.end(RATE);
    }
    wait.begin();
    seconds += 31;
    assertThat(isOverdue()).isTrue();
  }

  @Test
  void onlyTheClientsTimeCounts() {
    wait.begin();
    seconds = 20;
    wait.end(1);
    seconds = 1000;
    assertThat(wait.nanos()).isEqualTo(Duration.ofSeconds(20).toNanos());
    assertThat(isOverdue()).isFalse();
    wait.begin();
    assertThat(isOverdue()).isFalse();
  }

  @Test
  void startsAnewWhetherItWaitsOrNot() {
    wait.begin();
    seconds = 40;
    wait.restart();
    assertThat(wait.isWaiting()).isTrue();
    assertThat(wait.nanos()).isZero();
    wait.end(5);
    wait.restart();
    assertThat(wait.isWaiting()).isFalse();
    seconds = 100;
    assertThat(wait.nanos()).isZero();
  }
}
