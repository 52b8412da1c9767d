package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceReaperTest {

  @ParameterizedTest
  @ValueSource(
      classes = {
        IllegalStateException.class,
        NoClassDefFoundError.class,
        StackOverflowError.class,
        AssertionError.class
      })
  void goesOnAfterWhateverWasThrown(Class<? extends Throwable> thrown) throws Exception {
    Throwable failure = thrown.getConstructor().newInstance();
    CountDownLatch looks = new CountDownLatch(3);
    Runnable reap =
        () -> {
          looks.countDown();
          throwUnchecked(failure);
        };
    try (SequenceReaper reaper = new SequenceReaper(reap, Duration.ofMillis(1))) {
      assertThat(looks.await(20, TimeUnit.SECONDS)).as("three looks by %s", reaper).isTrue();
    }
  }

  private static void throwUnchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }
}
