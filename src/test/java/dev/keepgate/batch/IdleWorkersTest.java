package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.cpu.KernelTuning;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Workers that have nothing to do take a part of what another one computes. */
class IdleWorkersTest {

  /** For which a worker that was asked to help is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  private static BatchScheduler scheduler(LstmKernel kernel, int workers) {
    Duration none = Duration.ZERO;
    return new BatchScheduler(
        kernel,
        new BatchProperties(workers, 1000, none, 8, none, Duration.ofMillis(1)),
        List.of(),
        true);
  }

  private static void awaitIdle(BatchScheduler scheduler) {
    while (!scheduler.isIdle()) {
      Thread.onSpinWait();
    }
  }

  /** The reference, whose batches ask for help before each of their steps. */
  private static final class AskingKernel implements LstmKernel {
    private final LstmKernel reference = new ReferenceKernel();
    private final ConcurrentLinkedQueue<String> idleThreads = new ConcurrentLinkedQueue<>();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile CountDownLatch asked = new CountDownLatch(0);
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile boolean areWanted;

    @Override
    public String name() {
      return "asking";
    }

    @Override
    public long compiledBytes(long parameters) {
      return reference.compiledBytes(parameters);
    }

    @Override
    public Scratch newScratch() {
      return reference.newScratch();
    }

    @Override
    public CompiledModel compile(Network network) {
      CompiledModel model = reference.compile(network);
      return new CompiledModel() {
        @Override
        public Signature signature() {
          return model.signature();
        }

        @Override
        public long bytes() {
          return model.bytes();
        }

        @Override
        public NetworkOutput unroll(
            NetworkInput input, boolean returnSequences, boolean trace, Scratch scratch) {
          return model.unroll(input, returnSequences, trace, scratch);
        }

        @Override
        public StepBatch newStepBatch(int capacity, Scratch scratch) {
          return asking(model.newStepBatch(capacity, scratch));
        }

        @Override
        public void close() {
          model.close();
        }
      };
    }

    private StepBatch asking(StepBatch batch) {
      return new StepBatch() {
        @Override
        public int capacity() {
          return batch.capacity();
        }

        @Override
        public int rows() {
          return batch.rows();
        }

        @Override
        public void join(StepRow row) {
          batch.join(row);
        }

        @Override
        public void step() {
          batch.step();
        }

        @Override
        public int advance(IdleThreads idleThreads) {
          // Whoever comes first has it: what was offered may never be taken, as at the end of all.
          AtomicBoolean begun = new AtomicBoolean();
          CountDownLatch done = new CountDownLatch(1);
          boolean isOffered =
              idleThreads.offer(
                  scratch -> {
                    if (begun.compareAndSet(false, true)) {
                      AskingKernel.this.idleThreads.add(Thread.currentThread().getName());
                      asked.countDown();
                      await(gate);
                      done.countDown();
                    }
                  });
          long patience = System.nanoTime() + PATIENCE.toNanos();
          while (isOffered && done.getCount() > 0) {
            if (System.nanoTime() - patience > 0 && begun.compareAndSet(false, true)) {
              break;
            }
            areWanted |= idleThreads.areWanted();
            LockSupport.parkNanos(10_000);
          }
          refused.addAndGet(isOffered ? 0 : 1);
          batch.step();
          return 1;
        }

        @Override
        public void leave(StepRow row) {
          batch.leave(row);
        }

        @Override
        public void close() {
          batch.close();
        }
      };
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private NetworkInput input(CompiledModel model, int time) {
    return TestModels.input(new Random(seed), model.signature(), 1, time);
  }

  @Test
  void idleWorkerHelpsThreadsOfRequestsAndWorkers() throws Exception {
    AskingKernel kernel = new AskingKernel();
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    try (BatchScheduler scheduler = scheduler(kernel, 2)) {
      for (boolean here : new boolean[] {true, false}) {
        awaitIdle(scheduler);
        NetworkInput input = input(model, 6);
        FreeOwner owner = new FreeOwner() {};
        BatchTask task =
            here
                ? scheduler.compute(model, input, true, false, owner)
                : scheduler.submit(model, input, true, false, owner);
        float[] output = task.result().get().output().output();
        assertThat(kernel.idleThreads).isNotEmpty().allMatch(name -> name.contains("worker"));
        kernel.idleThreads.clear();
        assertThat(output)
            .containsExactly(
                model.unroll(input, true, false, kernel.newScratch()).output(),
                Offset.offset(1e-6f));
      }
      awaitIdle(scheduler);
      assertThat(kernel.areWanted).isFalse();
    }
  }

  @Test
  void onlyWorkerHasNobodyToHelp() throws Exception {
    AskingKernel kernel = new AskingKernel();
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    try (BatchScheduler scheduler = scheduler(kernel, 1)) {
      awaitIdle(scheduler);
      scheduler.compute(model, input(model, 4), true, false, new FreeOwner() {}).result().get();
      assertThat(kernel.idleThreads).isEmpty();
      assertThat(kernel.refused.get()).isPositive();
    }
  }

  /** It would have to wait for many steps to be told of the first. */
  @Test
  void whoFollowsStepsIsNotHelped() throws Exception {
    AskingKernel kernel = new AskingKernel();
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    try (BatchScheduler scheduler = scheduler(kernel, 2)) {
      awaitIdle(scheduler);
      FreeOwner following =
          new FreeOwner() {
            @Override
            public StepListener listener() {
              return (row, step, outputs, offset) -> {};
            }
          };
      scheduler.compute(model, input(model, 4), true, false, following).result().get();
      assertThat(kernel.idleThreads).isEmpty();
    }
  }

  @Test
  void helperIsWantedByWhatComes() throws Exception {
    AskingKernel kernel = new AskingKernel();
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    CompiledModel other = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 1));
    try (BatchScheduler scheduler = scheduler(kernel, 2)) {
      awaitIdle(scheduler);
      kernel.asked = new CountDownLatch(1);
      kernel.gate = new CountDownLatch(1);
      FreeOwner owner = new FreeOwner() {};
      BatchTask first = scheduler.submit(model, input(model, 9), true, false, owner);
      await(kernel.asked);
      // Both workers are at work for the first.
      BatchTask second = scheduler.compute(other, input(other, 2), true, false, owner);
      Awaitility.await().until(() -> kernel.areWanted);
      assertThat(second.result()).isNotDone();
      kernel.gate.countDown();
      first.result().get();
      second.result().get();
    }
  }

  @Test
  void endsWithThoseThatHelp() throws Exception {
    AskingKernel kernel = new AskingKernel();
    CompiledModel model = kernel.compile(TestModels.stacked(new Random(seed), 3, 5, 2));
    BatchScheduler scheduler = scheduler(kernel, 2);
    awaitIdle(scheduler);
    kernel.asked = new CountDownLatch(1);
    kernel.gate = new CountDownLatch(1);
    scheduler.submit(model, input(model, 9), true, false, new FreeOwner() {});
    await(kernel.asked);
    Thread closing = new Thread(scheduler::close);
    closing.start();
    kernel.gate.countDown();
    closing.join(TimeUnit.MINUTES.toMillis(1));
    assertThat(closing.isAlive()).isFalse();
  }

  /** Stacks in two threads and in one, alone and in company, with pauses and those who give up. */
  @Test
  void numbersAreThoseOfOneThread() throws Exception {
    System.out.println("IdleWorkersTest seed " + seed);
    Backend.load(BlasOptions.DEFAULT);
    CpuKernel kernel =
        new CpuKernel(
            new KernelTuning(
                KernelTuning.Packing.NO,
                Map.of(
                    KernelTuning.Parameter.PIPELINE_BYTES, 0,
                    KernelTuning.Parameter.TIME_BLOCK_STEPS, 2)));
    Random models = new Random(seed);
    List<CompiledModel> all =
        List.of(
            kernel.compile(TestModels.stacked(models, 3, 5, 2)),
            kernel.compile(TestModels.stacked(models, 2, 9, 4)));
    int clients = 5;
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try (BatchScheduler scheduler = scheduler(kernel, 3)) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        Random random = new Random(seed + client);
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 400; i++) {
                    ask(scheduler, all.get(random.nextInt(all.size())), random, kernel);
                    LockSupport.parkNanos(random.nextInt(400_000));
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
      awaitIdle(scheduler);
    } finally {
      threads.shutdownNow();
      all.forEach(CompiledModel::close);
    }
  }

  private static void ask(
      BatchScheduler scheduler, CompiledModel model, Random random, LstmKernel kernel)
      throws Exception {
    NetworkInput input =
        TestModels.input(random, model.signature(), 1 + random.nextInt(2), 1 + random.nextInt(40));
    BatchTask task =
        random.nextBoolean()
            ? scheduler.compute(model, input, true, false, new FreeOwner() {})
            : scheduler.submit(model, input, true, false, new FreeOwner() {});
    if (random.nextInt(10) == 0) {
      scheduler.cancel(task);
    } else {
      float[] output = task.result().get().output().output();
      try (Scratch scratch = kernel.newScratch()) {
        assertThat(output)
            .containsExactly(
                model.unroll(input, true, false, scratch).output(), Offset.offset(1e-5f));
      }
    }
  }
}
