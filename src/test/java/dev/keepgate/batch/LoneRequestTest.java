package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that find their model idle, and are computed by the threads that have them. */
class LoneRequestTest {

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final ReferenceKernel kernel = new ReferenceKernel();
  private final AtomicInteger finished = new AtomicInteger();
  private final AtomicInteger company = new AtomicInteger();
  private final AtomicInteger onCaller = new AtomicInteger();

  private BatchScheduler scheduler(int workers, boolean callersCompute) {
    return scheduler(workers, callersCompute, Duration.ZERO);
  }

  private BatchScheduler scheduler(int workers, boolean callersCompute, Duration delay) {
    BatchListener listener =
        new BatchListener() {
          @Override
          public void stepping(int rows) {
            company.addAndGet(rows > 1 ? 1 : 0);
            onCaller.addAndGet(Thread.currentThread().getName().contains("worker") ? 0 : 1);
          }
        };
    return new BatchScheduler(
        kernel,
        new BatchProperties(workers, 1000, Duration.ZERO, 8, delay, Duration.ofMillis(1)),
        List.of(listener),
        callersCompute);
  }

  private class Owner implements FreeOwner {
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicInteger ends = new AtomicInteger();

    @Override
    public void executed() {
      threads.add(Thread.currentThread());
    }

    @Override
    public void finished() {
      ends.incrementAndGet();
      finished.incrementAndGet();
    }
  }

  /** The workers wait for work only once they have been started. */
  private static void awaitIdle(BatchScheduler scheduler) {
    while (!scheduler.isIdle()) {
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void callerComputesWhereItMay(boolean callersCompute) throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    try (BatchScheduler scheduler = scheduler(1, callersCompute)) {
      for (boolean trace : new boolean[] {false, true}) {
        awaitIdle(scheduler);
        Owner owner = new Owner();
        NetworkInput input = TestModels.input(new Random(seed), model.signature(), 2, 7);
        BatchTask task = scheduler.compute(model, input, true, trace, owner);
        float[] output = task.result().get().output().output();
        assertThat(owner.threads.contains(Thread.currentThread())).isEqualTo(callersCompute);
        assertThat(output)
            .containsExactly(
                model.unroll(input, true, false, kernel.newScratch()).output(),
                Offset.offset(1e-6f));
      }
    }
    assertThat(finished).hasValue(2);
  }

  @Test
  void largeTaskIsAWorkers() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 64, 1));
    int steps = (int) ((64L << 20) / model.bytes()) + 1;
    try (BatchScheduler scheduler = scheduler(1, true)) {
      awaitIdle(scheduler);
      Owner owner = new Owner();
      NetworkInput input = TestModels.input(new Random(seed), model.signature(), 1, steps);
      scheduler.compute(model, input, false, false, owner).result().get();
      assertThat(owner.threads).isNotEmpty().doesNotContain(Thread.currentThread());
    }
  }

  /** Clients come, pause, and give up at random: from alone to eight at once and back. */
  @Test
  void eachIsAnsweredOnceThroughEveryChangeOver() throws Exception {
    System.out.println("LoneRequestTest seed " + seed);
    Random models = new Random(seed);
    List<CompiledModel> all =
        List.of(
            kernel.compile(TestModels.stacked(models, 3, 5, 2)),
            kernel.compile(TestModels.stacked(models, 2, 9, 1)));
    int clients = 8;
    int calls = 600;
    List<Owner> owners = Collections.synchronizedList(new ArrayList<>());
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try (BatchScheduler scheduler = scheduler(2, true)) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        Random random = new Random(seed + client);
        int rests = client;
        Callable<@Nullable Void> loop =
            () -> {
              for (int i = 0; i < calls; i++) {
                Owner owner = new Owner();
                owners.add(owner);
                ask(scheduler, all.get(random.nextInt(all.size())), random, owner);
                // Half of them pause for so long that the other ones are alone at times.
                if (rests % 2 == 0 && random.nextInt(4) == 0) {
                  LockSupport.parkNanos(random.nextInt(300_000));
                }
              }
              return null;
            };
        running.add(threads.submit(loop));
      }
      for (Future<?> each : running) {
        each.get();
      }
      assertThat(scheduler.queued()).isZero();
      awaitIdle(scheduler);
    } finally {
      threads.shutdownNow();
    }
    System.out.println(
        "steps in company %d, on a caller's thread %d".formatted(company.get(), onCaller.get()));
    assertThat(owners).hasSize(clients * calls).allMatch(owner -> owner.ends.get() == 1);
    assertThat(company.get()).isPositive();
    assertThat(onCaller.get()).isPositive();
  }

  private void ask(BatchScheduler scheduler, CompiledModel model, Random random, Owner owner)
      throws Exception {
    NetworkInput input =
        TestModels.input(random, model.signature(), 1 + random.nextInt(3), 1 + random.nextInt(9));
    boolean waits = random.nextInt(3) > 0;
    boolean trace = random.nextInt(5) == 0;
    BatchTask task =
        waits
            ? scheduler.compute(model, input, true, trace, owner)
            : scheduler.submit(model, input, true, trace, owner);
    if (random.nextInt(10) == 0) {
      scheduler.cancel(task);
    }
    try {
      NetworkOutput output = task.result().get().output();
      NetworkOutput alone = model.unroll(input, true, false, kernel.newScratch());
      assertThat(output.output()).containsExactly(alone.output(), Offset.offset(1e-6f));
    } catch (CancellationException e) {
      scheduler.cancel(task);
    }
  }

  /** The only worker has gone while its place is lent: nobody is idle, and one is lent. */
  @Test
  void callerWhoseWorkersHaveGoneEnds() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 1));
    BatchScheduler scheduler = scheduler(1, true);
    awaitIdle(scheduler);
    Thread closing = new Thread(scheduler::close);
    Owner owner =
        new Owner() {
          @Override
          public void executed() {
            if (closing.getState() == Thread.State.NEW) {
              closing.start();
              while (scheduler.workersAlive() > 0) {
                Thread.onSpinWait();
              }
            }
          }
        };
    NetworkInput any = TestModels.input(new Random(seed), model.signature(), 2, 3);
    // All of its steps: a task of one is done before the end is seen.
    NetworkInput input =
        new NetworkInput(any.batch(), any.time(), any.x(), null, null, any.state());
    BatchTask task = scheduler.compute(model, input, true, false, owner);
    closing.join();
    assertThat(task.result()).isCancelled();
    assertThat(owner.ends).hasValue(1);
  }

  /** What comes while all workers are lent is not ready when they are given back, but later. */
  @Test
  void delayedRowIsComputedThatCameBesideALoneTask() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 1));
    try (BatchScheduler scheduler = scheduler(1, true, Duration.ofMillis(20))) {
      awaitIdle(scheduler);
      List<BatchTask> beside = new ArrayList<>();
      Owner owner =
          new Owner() {
            @Override
            public void executed() {
              assertThat(Thread.currentThread().getName()).doesNotContain("worker");
              NetworkInput row = TestModels.input(new Random(seed), model.signature(), 1, 1);
              beside.add(scheduler.submit(model, row, true, false, new Owner()));
            }
          };
      NetworkInput input = TestModels.input(new Random(seed), model.signature(), 1, 3);
      scheduler.compute(model, input, true, true, owner).result().get();
      assertThat(beside).hasSize(1);
      assertThat(beside.get(0).result().get(10, TimeUnit.SECONDS).output().output()).hasSize(5);
    }
  }

  @Test
  void schedulerThatClosesLetsCallersFinish() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    for (int round = 0; round < 50; round++) {
      finished.set(0);
      AtomicInteger taken = new AtomicInteger();
      CountDownLatch begun = new CountDownLatch(1);
      BatchScheduler scheduler = scheduler(2, true);
      Thread caller =
          new Thread(
              () -> {
                NetworkInput input = TestModels.input(new Random(seed), model.signature(), 1, 9);
                try {
                  while (true) {
                    scheduler.compute(model, input, true, false, new Owner());
                    taken.incrementAndGet();
                    begun.countDown();
                  }
                } catch (IllegalStateException closed) {
                  begun.countDown();
                }
              });
      caller.start();
      begun.await();
      scheduler.close();
      caller.join();
      assertThat(finished).hasValue(taken.get());
      NetworkInput late = TestModels.input(new Random(seed), model.signature(), 1, 1);
      assertThatThrownBy(() -> scheduler.compute(model, late, true, false, new Owner()))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
