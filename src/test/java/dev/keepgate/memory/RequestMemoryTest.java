package dev.keepgate.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestMemoryTest {

  private final InFlightMemory memory = new InFlightMemory(200, Duration.ofMillis(1));

  @Test
  void givesBackWhatItTook() {
    RequestMemory request = memory.open();
    request.take(60);
    assertThat(request.tryTakeAnswer(70, () -> {})).isTrue();
    request.giveBack(20);
    assertThat(memory.requestUsed()).isEqualTo(40);
    assertThat(memory.answerUsed()).isEqualTo(70);
    request.close();
    request.close();
    assertThat(memory.requestUsed()).isZero();
    assertThat(memory.answerUsed()).isZero();
  }

  @Test
  void refusesAtOnceWhatNeverFits() {
    RequestMemory request = memory.open();
    request.take(60);
    assertThatExceptionOfType(TooMuchMemoryException.class)
        .isThrownBy(() -> request.tryTake(41))
        .satisfies(e -> assertThat(e.limit()).isEqualTo(100));
    assertThatExceptionOfType(TooMuchMemoryException.class)
        .isThrownBy(() -> request.requireAnswerFits(101));
  }

  @Test
  void isRefusedWhereOthersHoldTheMemory() {
    RequestMemory other = memory.open();
    other.take(90);
    RequestMemory request = memory.open();
    assertThatExceptionOfType(MemoryFullException.class).isThrownBy(() -> request.take(20));
    other.close();
    request.take(20);
    assertThat(request.taken()).isEqualTo(20);
  }

  @Test
  void isTakenAsSoonAsOthersGiveItBack() {
    InFlightMemory patient = new InFlightMemory(200, Duration.ofMinutes(1));
    RequestMemory other = patient.open();
    other.take(90);
    RequestMemory request = patient.open();
    CompletableFuture<@Nullable Void> later = request.takeLater(20);
    assertThat(later).isNotDone();
    other.close();
    later.join();
    assertThat(request.taken()).isEqualTo(20);
  }

  @Test
  void anAnswerThatWaitsIsToldWhenItsTurnHasCome() {
    RequestMemory other = memory.open();
    assertThat(other.tryTakeAnswer(90, () -> {})).isTrue();
    AtomicInteger told = new AtomicInteger();
    RequestMemory request = memory.open();
    assertThat(request.tryTakeAnswer(50, told::incrementAndGet)).isFalse();
    assertThat(request.waitsForAnswer()).isTrue();
    other.close();
    assertThat(told).hasValue(1);
    assertThat(request.waitsForAnswer()).isFalse();
    assertThat(request.tryTakeAnswer(50, told::incrementAndGet)).isTrue();
    request.close();
    assertThat(memory.answerUsed()).isZero();
  }

  @Test
  void anAnswerThatIsNotWantedAnyMoreHoldsNothing() {
    RequestMemory other = memory.open();
    assertThat(other.tryTakeAnswer(90, () -> {})).isTrue();
    RequestMemory waiting = memory.open();
    assertThat(waiting.tryTakeAnswer(50, () -> {})).isFalse();
    waiting.close();
    RequestMemory granted = memory.open();
    assertThat(granted.tryTakeAnswer(50, () -> {})).isFalse();
    other.close();
    // Its turn has come, and it has not noticed.
    granted.close();
    assertThat(memory.answerUsed()).isZero();
    assertThat(memory.waiting()).isZero();
  }
}
