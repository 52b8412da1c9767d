package dev.keepgate.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows whose inputs are their own outputs. */
class FeedbackTest {

  private static final int WIDTH = 5;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static List<LstmKernel> kernels() {
    return List.of(new ReferenceKernel(), new CpuKernel());
  }

  /** Feeds half of each output back, and counts from which row. */
  private record Halves(int first) implements Feedback {
    @Override
    public int known(int row) {
      return first;
    }

    @Override
    public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
      int to = (row * input.time() + step) * WIDTH;
      for (int i = 0; i < WIDTH; i++) {
        input.x()[to + i] = outputs[offset + i] / 2 + row;
      }
    }
  }

  private record Owner(Feedback feedback) implements FreeOwner {}

  private static NetworkInput request(Random random, CompiledModel model, int batch, int time) {
    NetworkInput input = TestModels.input(random, model.signature(), batch, time);
    return new NetworkInput(batch, time, input.x(), null, null, input.state());
  }

  /** A row, a step at a time. */
  private static float[] alone(
      LstmKernel kernel, CompiledModel model, NetworkInput input, Feedback feedback, int row) {
    float[] x = new float[input.time() * WIDTH];
    System.arraycopy(input.x(), row * x.length, x, 0, x.length);
    float[] outputs = new float[x.length];
    RecurrentState state = RecurrentState.zero(model.signature().state(), 1);
    input.state().copyRow(row, state, 0);
    for (int step = 0; step < input.time(); step++) {
      if (step >= feedback.known(row)) {
        for (int i = 0; i < WIDTH; i++) {
          x[step * WIDTH + i] = outputs[(step - 1) * WIDTH + i] / 2 + row;
        }
      }
      float[] own = Arrays.copyOfRange(x, step * WIDTH, (step + 1) * WIDTH);
      NetworkOutput output =
          model.unroll(
              new NetworkInput(1, 1, own, null, null, state), true, false, kernel.newScratch());
      System.arraycopy(output.output(), 0, outputs, step * WIDTH, WIDTH);
      state = output.state();
    }
    return outputs;
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void rowsGoOnByWhatTheyGave(LstmKernel kernel) throws Exception {
    System.out.println("FeedbackTest seed " + seed);
    Random random = new Random(seed);
    BatchProperties properties =
        new BatchProperties(2, 1000, Duration.ZERO, 4, Duration.ZERO, Duration.ofMillis(1));
    try (CompiledModel model = kernel.compile(TestModels.stacked(random, WIDTH, WIDTH, 2));
        BatchScheduler scheduler = new BatchScheduler(kernel, properties, List.of())) {
      List<NetworkInput> inputs = new ArrayList<>();
      List<Feedback> feedbacks = new ArrayList<>();
      List<CompletableFuture<BatchResult>> results = new ArrayList<>();
      List<float[]> given = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int time = 1 + random.nextInt(60);
        NetworkInput input = request(random, model, 1 + random.nextInt(5), time);
        // Some bring all their inputs, among those that do not.
        Feedback feedback = i % 3 == 0 ? Feedback.NONE : new Halves(1 + random.nextInt(time));
        given.add(input.x().clone());
        inputs.add(input);
        feedbacks.add(feedback);
        results.add(scheduler.submit(model, input, true, false, new Owner(feedback)).result());
      }
      for (int i = 0; i < results.size(); i++) {
        float[] output = results.get(i).get().output().output();
        NetworkInput input = inputs.get(i);
        NetworkInput before =
            new NetworkInput(input.batch(), input.time(), given.get(i), null, null, input.state());
        for (int row = 0; row < input.batch(); row++) {
          int size = input.time() * WIDTH;
          assertThat(Arrays.copyOfRange(output, row * size, (row + 1) * size))
              .as("request %d row %d", i, row)
              .containsExactly(alone(kernel, model, before, feedbacks.get(i), row), within(2e-5f));
        }
      }
    }
  }

  /** Fails at a step. */
  private record Failing(int at) implements Feedback {
    @Override
    public int known(int row) {
      return 1;
    }

    @Override
    public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
      if (step == at) {
        throw new ArithmeticException("no input follows");
      }
      new Halves(1).feed(input, row, step, outputs, offset);
    }
  }

  /** One that cannot make its next input harms no other of its batch. */
  @ParameterizedTest
  @MethodSource("kernels")
  void feedbackThatFailsFailsItsOwnRequestAlone(LstmKernel kernel) throws Exception {
    System.out.println("FeedbackTest seed " + seed);
    Random random = new Random(seed);
    BatchProperties properties =
        new BatchProperties(1, 1000, Duration.ZERO, 8, Duration.ZERO, Duration.ofMillis(1));
    try (CompiledModel model = kernel.compile(TestModels.stacked(random, WIDTH, WIDTH, 2));
        BatchScheduler scheduler = new BatchScheduler(kernel, properties, List.of())) {
      List<NetworkInput> given = new ArrayList<>();
      List<CompletableFuture<BatchResult>> results = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        NetworkInput input = request(random, model, 1 + random.nextInt(3), 20);
        given.add(
            new NetworkInput(
                input.batch(), input.time(), input.x().clone(), null, null, input.state()));
        Feedback feedback = i % 4 == 1 ? new Failing(1 + random.nextInt(19)) : new Halves(1);
        results.add(scheduler.submit(model, input, true, false, new Owner(feedback)).result());
      }
      for (int i = 0; i < results.size(); i++) {
        CompletableFuture<BatchResult> result = results.get(i);
        if (i % 4 == 1) {
          assertThatThrownBy(result::get).hasRootCauseInstanceOf(ArithmeticException.class);
          continue;
        }
        NetworkInput input = given.get(i);
        float[] output = result.get().output().output();
        for (int row = 0; row < input.batch(); row++) {
          int size = input.time() * WIDTH;
          assertThat(Arrays.copyOfRange(output, row * size, (row + 1) * size))
              .as("request %d row %d", i, row)
              .containsExactly(alone(kernel, model, input, new Halves(1), row), within(2e-5f));
        }
      }
    }
  }

  /** Has rows end early, each at its own step, and counts the steps that it is told of. */
  private static final class Ending implements Feedback, StepListener, FreeOwner {

    private final int[] known;
    private final int[] ends;
    private final int[] told;
    private final AtomicInteger finished = new AtomicInteger();

    Ending(int[] known, int[] ends) {
      this.known = known;
      this.ends = ends;
      this.told = new int[known.length];
    }

    @Override
    public int known(int row) {
      return known[row];
    }

    @Override
    public boolean ends(int row, int step) {
      return step == ends[row];
    }

    @Override
    public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
      new Halves(1).feed(input, row, step, outputs, offset);
    }

    @Override
    public void stepped(int row, int step, float[] output, int offset) {
      // A row is with one worker at a time.
      assertThat(step).isEqualTo(told[row]++);
    }

    @Override
    public StepListener listener() {
      return this;
    }

    @Override
    public Feedback feedback() {
      return this;
    }

    @Override
    public void finished() {
      finished.incrementAndGet();
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void rowsEndWhenTheyAreToAndAnswerTheirLastStep(LstmKernel kernel) throws Exception {
    System.out.println("FeedbackTest seed " + seed);
    Random random = new Random(seed);
    BatchProperties properties =
        new BatchProperties(2, 1000, Duration.ZERO, 4, Duration.ZERO, Duration.ofMillis(1));
    try (CompiledModel model = kernel.compile(TestModels.stacked(random, WIDTH, WIDTH, 2));
        BatchScheduler scheduler = new BatchScheduler(kernel, properties, List.of())) {
      List<NetworkInput> inputs = new ArrayList<>();
      List<Ending> endings = new ArrayList<>();
      List<CompletableFuture<BatchResult>> results = new ArrayList<>();
      List<float[]> given = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int rows = 1 + random.nextInt(5);
        int time = 1 + random.nextInt(40);
        int[] lengths = new int[rows];
        int[] known = new int[rows];
        int[] ends = new int[rows];
        for (int row = 0; row < rows; row++) {
          lengths[row] = 1 + random.nextInt(time);
          known[row] = 1 + random.nextInt(lengths[row]);
          ends[row] = known[row] + random.nextInt(lengths[row] - known[row] + 1);
        }
        NetworkInput all = request(random, model, rows, time);
        NetworkInput input = new NetworkInput(rows, time, all.x(), null, lengths, all.state());
        given.add(all.x().clone());
        inputs.add(input);
        endings.add(new Ending(known, ends));
        results.add(scheduler.submit(model, input, i % 2 == 0, false, endings.get(i)).result());
      }
      for (int i = 0; i < results.size(); i++) {
        NetworkOutput output = results.get(i).get().output();
        NetworkInput input = inputs.get(i);
        Ending ending = endings.get(i);
        assertThat(ending.told).isEqualTo(ending.ends);
        for (int row = 0; row < input.batch(); row++) {
          NetworkInput before =
              new NetworkInput(
                  input.batch(), input.time(), given.get(i), null, null, input.state());
          int size = input.time() * WIDTH;
          int end = ending.ends[row] * WIDTH;
          float[] expected = alone(kernel, model, before, ending, row);
          int from = i % 2 == 0 ? row * size + end - WIDTH : row * WIDTH;
          assertThat(Arrays.copyOfRange(output.output(), from, from + WIDTH))
              .as("request %d row %d", i, row)
              .containsExactly(Arrays.copyOfRange(expected, end - WIDTH, end), within(2e-5f));
        }
        Awaitility.await().until(() -> ending.finished.get() == 1);
      }
    }
  }

  @Test
  void whatIsComputedAsAWholeHasNoFeedback() throws Exception {
    LstmKernel kernel = new ReferenceKernel();
    Random random = new Random(seed);
    BatchProperties properties =
        new BatchProperties(1, 10, Duration.ZERO, 4, Duration.ZERO, Duration.ofMillis(1));
    try (CompiledModel model = kernel.compile(TestModels.stacked(random, WIDTH, WIDTH, 1));
        BatchScheduler scheduler = new BatchScheduler(kernel, properties, List.of())) {
      NetworkInput input = request(random, model, 1, 3);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scheduler.submit(model, input, true, true, new Owner(new Halves(1))));
    }
  }
}
