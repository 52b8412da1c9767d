package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

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
}
