package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.ReferenceKernel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests that wait for a place, as threads. */
class LinesTest {

  /** Nothing here waits that long unless it fails. */
  private static final Duration LONG = Duration.ofSeconds(10);

  private final CompiledModel model =
      new ReferenceKernel().compile(TestModels.stacked(new Random(1), 3, 5, 1));
  private final ExecutorService requests = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    requests.shutdownNow();
  }

  private static Lines lines(Duration wait) {
    return new Lines(
        new BatchProperties(1, 2, wait, 8, Duration.ZERO, Duration.ofMillis(1)), System::nanoTime);
  }

  private Place enter(Lines lines) throws InterruptedException {
    return lines.enter(model, OptionalLong.empty());
  }

  /** Returns once so many threads wait. */
  private static void awaitWaiting(List<Thread> threads) {
    Awaitility.await()
        .until(
            () -> threads.stream().allMatch(each -> each.getState() == Thread.State.TIMED_WAITING));
  }

  @Test
  void whoWaitsIsServedInTurn() throws Exception {
    Lines lines = lines(LONG);
    Place first = enter(lines);
    Place second = enter(lines);
    ConcurrentLinkedQueue<Integer> entered = new ConcurrentLinkedQueue<>();
    List<Thread> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      Thread request =
          new Thread(
              () -> {
                try {
                  Place place = enter(lines);
                  entered.add(number);
                  place.close();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      waiting.add(request);
      request.start();
      awaitWaiting(waiting);
    }
    assertThat(entered).isEmpty();
    assertThat(lines.taken()).isEqualTo(2);
    first.close();
    for (Thread each : waiting) {
      each.join();
    }
    assertThat(entered).containsExactly(0, 1, 2, 3, 4);
    second.close();
    assertThat(lines.taken()).isZero();
  }

  @Test
  void placesAreNeverMoreThanThereAre() throws Exception {
    Lines lines = lines(LONG);
    List<Future<Integer>> most = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      most.add(
          requests.submit(
              () -> {
                int seen = 0;
                for (int n = 0; n < 500; n++) {
                  Place place = enter(lines);
                  seen = Math.max(seen, lines.taken());
                  place.close();
                }
                return seen;
              }));
    }
    for (Future<Integer> each : most) {
      assertThat(each.get()).isBetween(1, 2);
    }
    assertThat(lines.taken()).isZero();
  }

  @Test
  void whoWaitsInVainIsRefused() throws Exception {
    Lines lines = lines(Duration.ofMillis(1));
    Place first = enter(lines);
    Place second = enter(lines);
    assertThatExceptionOfType(QueueFullException.class)
        .isThrownBy(() -> enter(lines))
        .withMessage("2 requests are waiting already");
    second.close();
    enter(lines).close();
    first.close();
  }

  @Test
  void nobodyWaitsPastTheDeadline() throws Exception {
    Lines lines = lines(LONG);
    Place first = enter(lines);
    Place second = enter(lines);
    OptionalLong soon = OptionalLong.of(System.nanoTime() + 1_000_000);
    assertThatExceptionOfType(TaskExpiredException.class)
        .isThrownBy(() -> lines.enter(model, soon));
    first.close();
    second.close();
  }

  @Test
  void closingSendsHomeWhoWaits() throws Exception {
    Lines lines = lines(LONG);
    Place first = enter(lines);
    Place second = enter(lines);
    Future<Place> third = requests.submit(() -> enter(lines));
    // It waits, or comes too late: closing is to be told to both.
    lines.close();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(third::get)
        .withCauseInstanceOf(IllegalStateException.class);
    first.close();
    second.close();
  }

  @Test
  void aModelsPlacesAreItsOwn() throws Exception {
    Lines lines = lines(Duration.ZERO);
    CompiledModel other = new ReferenceKernel().compile(TestModels.stacked(new Random(2), 3, 5, 1));
    Place first = enter(lines);
    Place second = enter(lines);
    Place others = lines.enter(other, OptionalLong.empty());
    assertThat(lines.taken()).isEqualTo(3);
    assertThatIllegalArgumentException().isThrownBy(() -> others.require(model));
    others.require(other);
    first.close();
    first.close();
    assertThatIllegalArgumentException().isThrownBy(() -> first.require(model));
    assertThat(lines.taken()).isEqualTo(2);
    second.close();
    others.close();
    assertThat(lines.taken()).isZero();
  }
}
