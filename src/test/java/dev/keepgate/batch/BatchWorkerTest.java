package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers run by hand, in an order and by a clock that the test decides. */
class BatchWorkerTest {

  private static final float POISON = 666;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private LstmKernel kernel = new ReferenceKernel();
  private final List<BatchWorker> workers = new ArrayList<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<Integer> stepped = new ArrayList<>();
  private long clock;
  private BatchQueues queues = new BatchQueues(properties(1, 8), this::tick);

  /** A request and what is known of it. */
  private static final class Request implements TaskOwner {
    private final OptionalLong deadline;
    private final StepListener listener;
    private final AtomicInteger ends = new AtomicInteger();
    private final AtomicInteger executed = new AtomicInteger();
    private @Nullable BatchTask task;
    private @Nullable Runnable whenFree;
    private boolean memory = true;

    Request(OptionalLong deadline, StepListener listener) {
      this.deadline = deadline;
      this.listener = listener;
    }

    BatchTask task() {
      return Objects.requireNonNull(task);
    }

    CompletableFuture<BatchResult> result() {
      return task().result();
    }

    AtomicInteger ends() {
      return ends;
    }

    void giveMemory() {
      memory = true;
      Objects.requireNonNull(whenFree).run();
    }

    @Override
    public OptionalLong deadline() {
      return deadline;
    }

    @Override
    public StepListener listener() {
      return listener;
    }

    @Override
    public boolean tryTakeOutputs(Runnable free) {
      whenFree = free;
      return memory;
    }

    @Override
    public boolean waitsForOutputs() {
      return whenFree != null && !memory;
    }

    @Override
    public void executed() {
      executed.incrementAndGet();
    }

    @Override
    public void finished() {
      ends.incrementAndGet();
    }
  }

  /** A model that fails with any batch in which a number is {@link #POISON}. */
  private record Poisonable(CompiledModel model) implements CompiledModel {
    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public long bytes() {
      return model.bytes();
    }

    @Override
    public NetworkOutput unroll(NetworkInput input, boolean all, boolean trace, Scratch scratch) {
      for (float x : input.x()) {
        if (x == POISON) {
          throw new IllegalStateException("poisoned");
        }
      }
      return model.unroll(input, all, trace, scratch);
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private static BatchProperties properties(int workers, int rows) {
    return new BatchProperties(
        workers, 1000, Duration.ZERO, rows, Duration.ZERO, Duration.ofMillis(1));
  }

  /** Whatever happens takes time: every look at the clock finds it later. */
  private long tick() {
    return clock += 20_000;
  }

  private void open(BatchProperties properties) {
    queues = new BatchQueues(properties, this::tick);
    BatchListener listener =
        new BatchListener() {
          @Override
          public void stepping(int rows) {
            stepped.add(rows);
          }
        };
    for (int i = 0; i < properties.workerCount(); i++) {
      workers.add(new BatchWorker(kernel, queues, properties, new Listeners<>(List.of(listener))));
    }
  }

  @AfterEach
  void close() {
    workers.forEach(BatchWorker::close);
  }

  private CompiledModel compile(Network model) {
    return new Poisonable(kernel.compile(model));
  }

  private Request submit(
      CompiledModel model, NetworkInput input, boolean sequences, long deadline) {
    return submit(model, input, sequences, deadline, StepListener.NONE);
  }

  private Request submit(
      CompiledModel model,
      NetworkInput input,
      boolean sequences,
      long deadline,
      StepListener steps) {
    Request request =
        new Request(deadline == 0 ? OptionalLong.empty() : OptionalLong.of(deadline), steps);
    submit(request, model, input, sequences);
    return request;
  }

  private void submit(Request request, CompiledModel model, NetworkInput input, boolean sequences) {
    request.task = new BatchTask(model, input, sequences, false, request, clock);
    queues.offer(request.task());
    requests.add(request);
  }

  private Request submit(CompiledModel model, int batch, int time) {
    return submit(model, TestModels.input(random, model.signature(), batch, time), true, 0);
  }

  /** Turns workers in random order until none has anything to do. */
  private int run() {
    int turns = 0;
    for (int idle = 0; idle < 20 * workers.size(); ) {
      idle = runOnce() ? 0 : idle + 1;
      assertThat(turns++).as("turns (seed %d)", seed).isLessThan(1_000_000);
    }
    return turns;
  }

  private boolean runOnce() {
    return workers.get(random.nextInt(workers.size())).runOnce();
  }

  private void checkEqualsAlone(Request request) throws Exception {
    BatchTask task = request.task();
    NetworkOutput alone;
    try (Scratch scratch = kernel.newScratch()) {
      alone = task.model().unroll(task.input(), task.returnSequences(), false, scratch);
    }
    NetworkOutput together = request.result().get().output();
    assertThat(together.output()).as("seed %d", seed).containsExactly(alone.output(), NEAR);
    for (int slot = 0; slot < alone.state().values().length; slot++) {
      assertThat(together.state().values()[slot])
          .containsExactly(alone.state().values()[slot], NEAR);
    }
  }

  private static final Offset<Float> NEAR = Offset.offset(1e-5f);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void answersWhatEachRequestAloneIsAnswered(int workerCount) throws Exception {
    answerAll(workerCount);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void soDoesTheKernelThatKeepsRowsBetweenSteps(int workerCount) throws Exception {
    kernel = new CpuKernel();
    answerAll(workerCount);
  }

  private void answerAll(int workerCount) throws Exception {
    System.out.println("BatchWorkerTest seed " + seed);
    open(properties(workerCount, 1 + random.nextInt(7)));
    List<CompiledModel> models =
        List.of(
            kernel.compile(TestModels.stacked(random, 3, 5, 1)),
            kernel.compile(TestModels.stacked(random, 1, 4, 3)),
            kernel.compile(TestModels.bidirectional(random, 2, 3)));
    for (int i = 0; i < 300; i++) {
      CompiledModel model = models.get(random.nextInt(models.size()));
      NetworkInput input =
          TestModels.input(
              random, model.signature(), 1 + random.nextInt(4), 1 + random.nextInt(70));
      submit(model, input, random.nextBoolean(), 0);
      for (int n = random.nextInt(12); n > 0; n--) {
        runOnce();
      }
    }
    run();
    for (Request request : requests) {
      checkEqualsAlone(request);
      assertThat(request.ends()).hasValue(1);
    }
    assertThat(queues.waiting()).isZero();
  }

  @Test
  void oneBadRowHarmsNoOther() throws Exception {
    open(properties(1, 8));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    submit(model, 3, 20);
    float[] x = new float[2 * 9 * 3];
    x[4 * 3] = POISON;
    NetworkInput bad = new NetworkInput(2, 9, x, null, null, zero(model, 2));
    Request poisoned = submit(model, bad, true, 0);
    submit(model, 1, 7);
    run();
    assertThat(poisoned.result()).isCompletedExceptionally();
    assertThat(poisoned.ends()).hasValue(1);
    requests.remove(poisoned);
    for (Request request : requests) {
      checkEqualsAlone(request);
      assertThat(request.ends()).hasValue(1);
    }
  }

  @Test
  void cancelledAndLateRequestsLeaveBeforeTheNextStep() {
    open(properties(1, 8));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    NetworkInput input = new NetworkInput(1, 500, new float[1500], null, null, zero(model, 1));
    Request cancelled = submit(model, input, true, 0);
    Request late = submit(model, input, true, clock + 1_000_000);
    runOnce();
    cancelled.result().cancel(false);
    queues.remove(cancelled.task());
    runOnce();
    assertThat(cancelled.ends()).hasValue(1);
    assertThat(late.ends()).hasValue(0);
    assertThat(run()).isLessThan(100);
    assertThatThrownBy(late.result()::get).hasCauseInstanceOf(TaskExpiredException.class);
    assertThat(late.ends()).hasValue(1);
  }

  @Test
  void whatIsCancelledLeavesItsQueueAtOnce() {
    open(properties(1, 2));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    Request running = submit(model, 2, 50);
    runOnce();
    for (int i = 0; i < 100; i++) {
      Request late = submit(model, 1 + random.nextInt(5), 3);
      late.result().cancel(false);
      queues.remove(late.task());
      assertThat(late.ends()).hasValue(1);
    }
    assertThat(queues.waiting()).isZero();
    run();
    assertThat(running.result()).isCompleted();
  }

  @Test
  void soDoesWhatIsComputedAsAWhole() {
    open(properties(1, 2));
    CompiledModel model = kernel.compile(TestModels.bidirectional(random, 2, 3));
    Request first = submit(model, 1, 3);
    Request late = submit(model, 1, 3);
    late.result().cancel(false);
    queues.remove(late.task());
    assertThat(late.ends()).hasValue(1);
    assertThat(queues.waiting()).isEqualTo(1);
    run();
    assertThat(first.result()).isCompleted();
  }

  @Test
  void aTaskThatWaitsForItsMemoryKeepsNoWorker() throws Exception {
    open(properties(1, 4));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    CompiledModel other = compile(TestModels.stacked(random, 2, 4, 1));
    Request blocked = submitWithoutMemory(model);
    Request behind = submit(model, 1, 3);
    Request elsewhere = submit(other, 1, 3);
    run();
    assertThat(elsewhere.result()).isCompleted();
    assertThat(blocked.result()).isNotDone();
    assertThat(behind.result()).as("it has its turn after the one before it").isNotDone();
    blocked.giveMemory();
    run();
    checkEqualsAlone(blocked);
    checkEqualsAlone(behind);
  }

  @Test
  void whoWaitsForMemoryAndIsCancelledMakesWay() {
    open(properties(1, 4));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    Request blocked = submitWithoutMemory(model);
    Request behind = submit(model, 1, 3);
    run();
    blocked.result().cancel(false);
    queues.remove(blocked.task());
    assertThat(blocked.ends()).hasValue(1);
    run();
    assertThat(behind.result()).isCompleted();
  }

  private Request submitWithoutMemory(CompiledModel model) {
    Request request = new Request(OptionalLong.empty(), StepListener.NONE);
    request.memory = false;
    submit(request, model, TestModels.input(random, model.signature(), 2, 5), true);
    return request;
  }

  @Test
  void stepsJoinARunningBatchAndLeaveItAtOnce() {
    open(properties(1, 8));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    NetworkInput input = new NetworkInput(1, 100, new float[300], null, null, zero(model, 1));
    Request unroll = submit(model, input, true, 0);
    for (int i = 0; i < 50; i++) {
      runOnce();
      Request step = submit(model, 1, 1);
      runOnce();
      assertThat(step.result()).isCompleted();
    }
    run();
    assertThat(unroll.result()).isCompleted();
    assertThat(stepped).hasSize(100);
  }

  @Test
  void stepsDoNotWaitForAFullBatchOfLongOnes() {
    open(properties(1, 4));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    for (int i = 0; i < 8; i++) {
      NetworkInput input = new NetworkInput(1, 1000, new float[3000], null, null, zero(model, 1));
      submit(model, input, true, 0);
    }
    runOnce();
    Request step = submit(model, 1, 1);
    int turns = 0;
    while (!step.result().isDone()) {
      runOnce();
      turns++;
    }
    assertThat(turns).isLessThan(150);
    run();
    requests.forEach(request -> assertThat(request.result()).isCompleted());
  }

  @Test
  void aBusyModelLeavesAnotherItsShare() {
    open(properties(2, 4));
    CompiledModel busy = compile(TestModels.stacked(random, 3, 5, 1));
    CompiledModel quiet = compile(TestModels.stacked(random, 2, 4, 1));
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 6; i++) {
        submit(busy, 1, 50);
      }
      Request step = submit(quiet, 1, 1);
      int turns = 0;
      while (!step.result().isDone()) {
        runOnce();
        turns++;
      }
      // A slice is about ten turns of this clock; each of the workers may have just begun one.
      assertThat(turns).as("turns that a step waited (seed %d)", seed).isLessThan(60);
    }
  }

  @Test
  void wholeRequestsLeaveALaneToSteps() {
    open(properties(2, 4));
    CompiledModel whole = compile(TestModels.bidirectional(random, 2, 3));
    submit(whole, 1, 5);
    submit(whole, 1, 5);
    BatchQueue first = queues.attach();
    assertThat(queues.attach()).isNull();
    queues.detach(Objects.requireNonNull(first), 1, List.of());
    run();
    requests.forEach(request -> assertThat(request.result()).isCompleted());
  }

  @Test
  void aDelayGathersABatch() {
    open(new BatchProperties(1, 100, Duration.ZERO, 3, Duration.ofMillis(5), Duration.ofMillis(1)));
    CompiledModel model = compile(TestModels.stacked(random, 3, 5, 1));
    submit(model, 1, 1);
    assertThat(runOnce()).isFalse();
    submit(model, 1, 1);
    assertThat(runOnce()).isFalse();
    submit(model, 1, 1);
    assertThat(runOnce()).as("a full batch waits no longer").isTrue();
    submit(model, 1, 1);
    assertThat(runOnce()).isFalse();
    clock += Duration.ofMillis(5).toNanos();
    assertThat(runOnce()).as("nor does one that has waited for the delay").isTrue();
    assertThat(stepped).containsExactly(3, 1);
  }

  @Test
  void tellsOfEveryStep() {
    tellOfEveryStep(compile(TestModels.stacked(random, 3, 5, 1)));
  }

  @Test
  void alsoOfThoseThatAreTakenTogether() {
    kernel = new CpuKernel();
    tellOfEveryStep(kernel.compile(TestModels.stacked(random, 3, 5, 2)));
    assertThat(stepped).hasSizeLessThan(6);
  }

  private void tellOfEveryStep(CompiledModel model) {
    open(properties(1, 8));
    List<Integer> steps = new ArrayList<>();
    List<Float> firsts = new ArrayList<>();
    Request request =
        submit(
            model,
            new NetworkInput(1, 6, new float[18], null, null, zero(model, 1)),
            true,
            0,
            (row, step, output, offset) -> {
              steps.add(step);
              firsts.add(output[offset]);
            });
    run();
    float[] output = request.result().join().output().output();
    assertThat(steps).containsExactly(0, 1, 2, 3, 4, 5);
    for (int i = 0; i < steps.size(); i++) {
      assertThat(firsts.get(i)).isEqualTo(output[i * 5]);
    }
  }

  private static RecurrentState zero(CompiledModel model, int batch) {
    return RecurrentState.zero(model.signature().state(), batch);
  }
}
