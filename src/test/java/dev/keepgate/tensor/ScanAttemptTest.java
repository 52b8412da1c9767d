package dev.keepgate.tensor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Bodies that are scanned, and read in full where that does not get to their end. */
class ScanAttemptTest {

  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger inFull = new AtomicInteger();

  private Tensor read(String json) {
    return ScanAttempt.read(
        held::addAndGet,
        counted -> {
          byte[] bytes = json.getBytes(US_ASCII);
          JsonTensorScanner scanner = new JsonTensorScanner(bytes, 0, bytes.length, counted);
          Tensor tensor = scanner.floats();
          scanner.expectEnd();
          return tensor;
        },
        () -> {
          inFull.incrementAndGet();
          throw new TensorFormatException("", "in full");
        });
  }

  @Test
  void scannedTensorHoldsItsMemory() {
    assertThat(read("[[1, 2], [3, 4]]").shape()).containsExactly(2, 2);
    assertThat(held.get()).isGreaterThanOrEqualTo(4L * Float.BYTES);
    assertThat(inFull).hasValue(0);
  }

  @Test
  void attemptThatFailsHoldsNothing() {
    assertThatThrownBy(() -> read("[[1, 2], [3, 4]] and more"))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("in full");
    assertThat(held).hasValue(0);
    assertThat(inFull).hasValue(1);
  }

  @Test
  void whatIsWrongIsToldByTheFullReader() {
    AtomicInteger told = new AtomicInteger();
    ScanAttempt<Integer> wrong =
        counted -> {
          counted.change(100);
          throw new TensorFormatException("/x", "scanned");
        };
    assertThat(ScanAttempt.read(held::addAndGet, wrong, told::incrementAndGet)).isEqualTo(1);
    assertThat(held).hasValue(0);
  }
}
