package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The workers as threads. */
class BatchSchedulerTest {

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final ReferenceKernel kernel = new ReferenceKernel();
  private final AtomicInteger finished = new AtomicInteger();

  private BatchScheduler scheduler() {
    return scheduler(3);
  }

  private BatchScheduler scheduler(int workers) {
    return new BatchScheduler(
        kernel,
        new BatchProperties(workers, 1000, Duration.ZERO, 8, Duration.ZERO, Duration.ofMillis(1)),
        List.of());
  }

  /** Holds its permit until it is finished. */
  private final class Owner implements FreeOwner {
    private final Permit permit;

    Owner(Permit permit) {
      this.permit = permit;
    }

    @Override
    public void finished() {
      permit.release();
      finished.incrementAndGet();
    }
  }

  private CompletableFuture<BatchResult> submit(
      BatchScheduler scheduler, CompiledModel model, NetworkInput input)
      throws InterruptedException {
    Owner owner = new Owner(scheduler.acquire(model, OptionalLong.empty()));
    return scheduler.submit(model, input, true, false, owner).result();
  }

  @Test
  void answersManyClientsAtOnce() throws Exception {
    System.out.println("BatchSchedulerTest seed " + seed);
    Random models = new Random(seed);
    CompiledModel deep = kernel.compile(TestModels.stacked(models, 3, 5, 2));
    CompiledModel wide = kernel.compile(TestModels.stacked(models, 2, 9, 1));
    ExecutorService clients = Executors.newFixedThreadPool(8);
    try (BatchScheduler scheduler = scheduler()) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < 8; client++) {
        Random random = new Random(seed + client);
        Callable<@Nullable Void> loop =
            () -> {
              for (int i = 0; i < 200; i++) {
                CompiledModel model = random.nextBoolean() ? deep : wide;
                NetworkInput input =
                    TestModels.input(random, model.signature(), 1 + i % 3, 1 + random.nextInt(9));
                NetworkOutput output = submit(scheduler, model, input).get().output();
                NetworkOutput alone = model.unroll(input, true, false, kernel.newScratch());
                assertThat(output.output()).containsExactly(alone.output(), Offset.offset(1e-6f));
              }
              return null;
            };
        running.add(clients.submit(loop));
      }
      for (Future<?> each : running) {
        each.get();
      }
      assertThat(scheduler.queued()).isZero();
    } finally {
      clients.shutdownNow();
    }
    assertThat(finished).hasValue(8 * 200);
  }

  /** The only worker has begun what nobody waits for, of so many steps that it takes long. */
  @Test
  void backgroundLeavesItsWorkerBeforeItsNextStep() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 64, 64, 1));
    CountDownLatch begun = new CountDownLatch(1);
    FreeOwner nobody =
        new FreeOwner() {
          @Override
          public boolean isBackground() {
            return true;
          }

          @Override
          public void executed() {
            begun.countDown();
          }
        };
    int steps = 1 << 16;
    try (BatchScheduler scheduler = scheduler(1)) {
      BatchTask background =
          scheduler.submit(
              model,
              new NetworkInput(
                  1,
                  steps,
                  new float[steps * 64],
                  null,
                  null,
                  RecurrentState.zero(model.signature().state(), 1)),
              false,
              false,
              nobody);
      begun.await();
      for (int i = 0; i < 20; i++) {
        NetworkInput one =
            new NetworkInput(
                1, 1, new float[64], null, null, RecurrentState.zero(model.signature().state(), 1));
        assertThat(submit(scheduler, model, one).get().output().output()).hasSize(64);
        assertThat(background.result()).isNotDone();
      }
      scheduler.cancel(background);
    }
  }

  @Test
  void cancelsWhatIsLeftWhenItCloses() throws Exception {
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 64, 64, 1));
    List<CompletableFuture<BatchResult>> results = new ArrayList<>();
    BatchScheduler scheduler = scheduler();
    // Made before, and all of its steps are there: the workers have no chance to be done.
    NetworkInput input =
        new NetworkInput(
            1,
            2000,
            new float[2000 * 64],
            null,
            null,
            RecurrentState.zero(model.signature().state(), 1));
    for (int i = 0; i < 100; i++) {
      results.add(submit(scheduler, model, input));
    }
    scheduler.close();
    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThat(results).anyMatch(CompletableFuture::isCancelled);
    assertThat(finished).hasValue(100);
  }

  /** A kernel whose scratch breaks a worker when it is told to. */
  private static final class Breaking implements LstmKernel {
    private final LstmKernel kernel = new ReferenceKernel();
    private final AtomicInteger breaks = new AtomicInteger();

    @Override
    public String name() {
      return kernel.name();
    }

    @Override
    public long compiledBytes(long parameters) {
      return kernel.compiledBytes(parameters);
    }

    @Override
    public CompiledModel compile(Network model) {
      return kernel.compile(model);
    }

    @Override
    public Scratch newScratch() {
      if (breaks.getAndDecrement() > 0) {
        throw new OutOfMemoryError("no scratch");
      }
      return kernel.newScratch();
    }
  }

  @Test
  void aWorkerThatEndsIsReplacedAndCounted() throws Exception {
    Breaking breaking = new Breaking();
    breaking.breaks.set(5);
    AtomicInteger replaced = new AtomicInteger();
    BatchListener counting =
        new BatchListener() {
          @Override
          public void replaced() {
            replaced.incrementAndGet();
          }

          @Override
          public void stepping(int rows) {
            throw new IllegalStateException("a listener that fails harms nobody");
          }
        };
    CompiledModel model = breaking.compile(TestModels.stacked(new Random(seed), 3, 5, 1));
    try (BatchScheduler scheduler =
        new BatchScheduler(
            breaking,
            new BatchProperties(3, 1000, Duration.ZERO, 8, Duration.ZERO, Duration.ofMillis(1)),
            List.of(counting))) {
      for (int i = 0; i < 50; i++) {
        NetworkInput input = TestModels.input(new Random(seed + i), model.signature(), 1, 5);
        assertThat(submit(scheduler, model, input).get().output().output()).hasSize(25);
      }
      while (replaced.get() < 5) {
        Thread.onSpinWait();
      }
      assertThat(scheduler.workerCount()).isEqualTo(3);
    }
    assertThat(finished).hasValue(50);
  }
}
