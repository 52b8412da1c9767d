package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.reference.ReferenceKernel;
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

/** Requests that wait for a permit, as threads. */
class AdmissionControllerTest {

  /** Nothing here waits that long unless it fails. */
  private static final Duration LONG = Duration.ofSeconds(10);

  private final CompiledModel model =
      new ReferenceKernel().compile(TestModels.stacked(new Random(1), 3, 5, 1));
  private final ExecutorService requests = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    requests.shutdownNow();
  }

  private static AdmissionController admission(Duration wait) {
    return new AdmissionController(
        new BatchProperties(1, 2, wait, 8, Duration.ZERO, Duration.ofMillis(1)), System::nanoTime);
  }

  private Permit acquire(AdmissionController admission) throws InterruptedException {
    return admission.acquire(model, OptionalLong.empty());
  }

  /** Returns once so many threads wait. */
  private static void awaitWaiting(List<Thread> threads) {
    Awaitility.await()
        .until(
            () -> threads.stream().allMatch(each -> each.getState() == Thread.State.TIMED_WAITING));
  }

  @Test
  void whoWaitsIsServedInTurn() throws Exception {
    AdmissionController admission = admission(LONG);
    Permit first = acquire(admission);
    Permit second = acquire(admission);
    ConcurrentLinkedQueue<Integer> entered = new ConcurrentLinkedQueue<>();
    List<Thread> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      Thread request =
          new Thread(
              () -> {
                try {
                  Permit permit = acquire(admission);
                  entered.add(number);
                  permit.release();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      waiting.add(request);
      request.start();
      awaitWaiting(waiting);
    }
    assertThat(entered).isEmpty();
    assertThat(admission.taken()).isEqualTo(2);
    first.release();
    for (Thread each : waiting) {
      each.join();
    }
    assertThat(entered).containsExactly(0, 1, 2, 3, 4);
    second.release();
    assertThat(admission.taken()).isZero();
  }

  @Test
  void permitsAreNeverMoreThanThereAre() throws Exception {
    AdmissionController admission = admission(LONG);
    List<Future<Integer>> most = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      most.add(
          requests.submit(
              () -> {
                int seen = 0;
                for (int n = 0; n < 500; n++) {
                  Permit permit = acquire(admission);
                  seen = Math.max(seen, admission.taken());
                  permit.release();
                }
                return seen;
              }));
    }
    for (Future<Integer> each : most) {
      assertThat(each.get()).isBetween(1, 2);
    }
    assertThat(admission.taken()).isZero();
  }

  @Test
  void whoWaitsInVainIsRefused() throws Exception {
    AdmissionController admission = admission(Duration.ofMillis(1));
    Permit first = acquire(admission);
    Permit second = acquire(admission);
    assertThatExceptionOfType(QueueFullException.class)
        .isThrownBy(() -> acquire(admission))
        .withMessage("2 requests are waiting already");
    second.release();
    acquire(admission).release();
    first.release();
  }

  @Test
  void nobodyWaitsPastTheDeadline() throws Exception {
    AdmissionController admission = admission(LONG);
    Permit first = acquire(admission);
    Permit second = acquire(admission);
    OptionalLong soon = OptionalLong.of(System.nanoTime() + 1_000_000);
    assertThatExceptionOfType(TaskExpiredException.class)
        .isThrownBy(() -> admission.acquire(model, soon));
    first.release();
    second.release();
  }

  @Test
  void closingSendsHomeWhoWaits() throws Exception {
    AdmissionController admission = admission(LONG);
    Permit first = acquire(admission);
    Permit second = acquire(admission);
    Future<Permit> third = requests.submit(() -> acquire(admission));
    // It waits, or comes too late: closing is to be told to both.
    admission.close();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(third::get)
        .withCauseInstanceOf(IllegalStateException.class);
    first.release();
    second.release();
  }

  @Test
  void aModelsPermitsAreItsOwn() throws Exception {
    AdmissionController admission = admission(Duration.ZERO);
    CompiledModel other = new ReferenceKernel().compile(TestModels.stacked(new Random(2), 3, 5, 1));
    Permit first = acquire(admission);
    Permit second = acquire(admission);
    Permit others = admission.acquire(other, OptionalLong.empty());
    assertThat(admission.taken()).isEqualTo(3);
    first.release();
    assertThat(admission.taken()).isEqualTo(2);
    second.release();
    others.release();
    assertThat(admission.taken()).isZero();
  }
}
