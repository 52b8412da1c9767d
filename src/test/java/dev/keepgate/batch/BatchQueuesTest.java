package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchQueuesTest {

  @Test
  void workersAreBusyWhileTheyDoNotWaitForWork() throws Exception {
    AtomicLong clock = new AtomicLong(1000);
    BatchQueues queues =
        new BatchQueues(
            new BatchProperties(2, 8, Duration.ZERO, 8, Duration.ZERO, Duration.ofMillis(1)),
            clock::get);
    clock.addAndGet(100);
    assertThat(queues.busyNanos()).isEqualTo(200);
    FutureTask<Boolean> wait = new FutureTask<>(queues::await);
    Thread worker = new Thread(wait);
    worker.start();
    Awaitility.await().until(() -> worker.getState() == Thread.State.WAITING);
    clock.addAndGet(30);
    assertThat(queues.busyNanos()).as("one of two waits").isEqualTo(230);
    assertThat(queues.busyNanos()).as("no time has passed").isEqualTo(230);
    queues.close();
    assertThat(wait.get()).isFalse();
    clock.addAndGet(5);
    assertThat(queues.busyNanos()).as("none waits").isEqualTo(240);
  }

  private final ReferenceKernel kernel = new ReferenceKernel();

  private static BatchQueues queues(int workers) {
    return new BatchQueues(
        new BatchProperties(workers, 8, Duration.ZERO, 8, Duration.ZERO, Duration.ofMillis(1)),
        () -> 0);
  }

  private static BatchTask task(CompiledModel model, boolean isBackground) {
    NetworkInput input =
        new NetworkInput(
            1, 3, new float[6], null, null, RecurrentState.zero(model.signature().state(), 1));
    FreeOwner owner =
        new FreeOwner() {
          @Override
          public boolean isBackground() {
            return isBackground;
          }
        };
    return new BatchTask(model, input, false, false, owner, 0);
  }

  /** However much worker time the others have had. */
  @Test
  void backgroundIsServedWhileNothingElseWaits() {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(1), 2, 3, 1));
    BatchQueues queues = queues(1);
    queues.offer(task(model, true));
    BatchQueue background = Objects.requireNonNull(queues.attach());
    assertThat(background.background()).isTrue();
    assertThat(queues.shouldYield(background)).isFalse();
    assertThat(queues.waiting()).isZero();

    BatchTask waited = task(model, false);
    queues.offer(waited);
    assertThat(queues.shouldYield(background)).isTrue();
    queues.detach(background, 0, List.of());
    BatchQueue first = Objects.requireNonNull(queues.attach());
    assertThat(first.background()).isFalse();
    queues.detach(first, 1_000_000_000, List.of());
    BatchQueue second = Objects.requireNonNull(queues.attach());
    assertThat(second).as("it has had a second, and goes first all the same").isSameAs(first);
    assertThat(queues.shouldYield(second)).isFalse();
    queues.detach(second, 0, List.of());
    queues.remove(waited);
    assertThat(queues.attach()).isSameAs(background);
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 1", "2, 0, 1", "3, 1, 1", "4, 2, 1"})
  void wholeTasksInTheBackgroundLeaveAWorkerForOthers(int workers, int background, int others) {
    BatchQueues queues = queues(workers);
    int attached = 0;
    for (int i = 0; i < workers; i++) {
      CompiledModel model = kernel.compile(TestModels.bidirectional(new Random(i), 2, 3));
      queues.offer(task(model, true));
      attached += queues.attach() == null ? 0 : 1;
    }
    assertThat(attached).isEqualTo(background);
    assertThat(queues.takesWholeInBackground()).isEqualTo(background > 0);
    queues.offer(task(kernel.compile(TestModels.bidirectional(new Random(9), 2, 3)), false));
    BatchQueue next = queues.attach();
    assertThat(next == null ? 0 : 1).isEqualTo(others);
  }
}
