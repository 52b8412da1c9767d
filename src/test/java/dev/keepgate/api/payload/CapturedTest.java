package dev.keepgate.api.payload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.memory.InFlightMemory;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CapturedTest {

  private final InFlightMemory memory = new InFlightMemory(200, Duration.ofMinutes(1));
  private final CaptureMemory held = new CaptureMemory(memory.open());

  @Test
  void whatIsKeptIsHeldUntilItIsWritten() {
    Captured captured = new Captured(1000, held);
    captured.add(new byte[] {0, 1, 2, 3}, 1, 2);
    captured.add(new byte[] {4}, 0, 1);
    assertThat(captured.all()).containsExactly(1, 2, 4);
    assertThat(memory.requestUsed()).isEqualTo(6);
    held.close();
    assertThat(memory.requestUsed()).isZero();
    captured.add(new byte[] {5}, 0, 1);
    assertThat(captured.all()).isNull();
    assertThat(memory.requestUsed()).isZero();
  }

  @Test
  void moreThanOneMayHaveIsNotKept() {
    Captured captured = new Captured(3, held);
    captured.add(new byte[3], 0, 3);
    assertThat(captured.all()).hasSize(3);
    captured.add(new byte[1], 0, 1);
    assertThat(captured.all()).isNull();
    assertThat(memory.requestUsed()).isZero();
  }

  @Test
  void whatHasNoRoomIsNotKeptAndNobodyWaits() {
    try (var other = memory.open()) {
      other.take(70);
      Captured captured = new Captured(1000, held);
      captured.add(new byte[10], 0, 10);
      assertThat(memory.requestUsed()).isEqualTo(90);
      captured.add(new byte[10], 0, 10);
      assertThat(captured.all()).isNull();
      assertThat(memory.requestUsed()).isEqualTo(70);
    }
    Captured large = new Captured(1000, held);
    large.add(new byte[100], 0, 100);
    assertThat(large.all()).isNull();
    assertThat(memory.requestUsed()).isZero();
  }
}
