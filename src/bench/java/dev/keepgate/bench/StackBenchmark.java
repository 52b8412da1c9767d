package dev.keepgate.bench;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a stack of cells as a worker steps them: one step through all layers at a time, against a
 * few steps at a time, layer after layer, where the kernel thinks that it pays; and against the
 * latter where an idle worker helps.
 */
final class StackBenchmark {

  private static final int STEPS = 48;
  private static final int CAPACITY = 64;

  private final int[] sizes;
  private final int rounds;

  /**
   * One size.
   *
   * @param step_us microseconds a step of all rows, one by one
   * @param advance_us the same by a few at once
   * @param helped_us the same with another thread
   * @param ratio how much faster a few at once are
   * @param helpedRatio how much faster two threads are than one
   */
  record Line(
      int layers,
      int hidden,
      int batch,
      double step_us,
      double advance_us,
      double helped_us,
      double ratio,
      double helpedRatio) {}

  /** A thread that has nothing else to do. */
  private record Idle(ExecutorService thread, Scratch scratch) implements IdleThreads {
    @Override
    public boolean offer(Consumer<Scratch> work) {
      thread.execute(() -> work.accept(scratch));
      return true;
    }

    @Override
    public boolean areWanted() {
      return false;
    }
  }

  private StackBenchmark(int[] sizes, int rounds) {
    this.sizes = sizes;
    this.rounds = rounds;
  }

  static StackBenchmark full() {
    return new StackBenchmark(new int[] {64, 128, 256, 512, 1024}, 30);
  }

  static StackBenchmark quick() {
    return new StackBenchmark(new int[] {128, 512}, 10);
  }

  List<Line> run() {
    System.out.println(Backend.load(BlasOptions.DEFAULT));
    LstmKernel kernel = new CpuKernel();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    List<Line> lines = new ArrayList<>();
    Scratch idle = kernel.newScratch();
    IdleThreads idleThreads = new Idle(thread, idle);
    for (int layers : new int[] {2, 4}) {
      for (int hidden : sizes) {
        try (CompiledModel model = kernel.compile(stack(layers, hidden));
            Scratch scratch = kernel.newScratch();
            StepBatch batch = model.newStepBatch(CAPACITY, scratch)) {
          for (int rows : new int[] {1, 2, 3, 4, 8, 16}) {
            lines.add(measure(model, layers, rows, batch, idleThreads));
          }
        }
      }
    }
    thread.shutdown();
    return lines;
  }

  private static Network stack(int layers, int hidden) {
    CellConfig cell = CellConfig.builder(hidden, hidden).build();
    Layer layer = Layer.Recurrent.of(new LstmCell(cell, Problem.weights(hidden, hidden)));
    return Network.chain(
        "stack", Collections.nCopies(layers, layer), true, Summary.LAST_STEP);
  }

  private static NetworkInput request(Signature signature, int rows) {
    float[] x = Problem.floats(new Random(1), rows * STEPS * signature.inputSize(), 1);
    return new NetworkInput(rows, STEPS, x, null, null, RecurrentState.zero(signature.state(), rows));
  }

  private Line measure(
      CompiledModel model, int layers, int rows, StepBatch batch, IdleThreads idleThreads) {
    NetworkInput request = request(model.signature(), rows);
    int hidden = model.signature().outputSize();
    double helped = Double.MAX_VALUE;
    double step = Double.MAX_VALUE;
    double advance = Double.MAX_VALUE;
    for (int round = 0; round < rounds; round++) {
      step = Math.min(step, pass(batch, request, hidden, null));
      advance = Math.min(advance, pass(batch, request, hidden, IdleThreads.NONE));
      helped = Math.min(helped, pass(batch, request, hidden, idleThreads));
    }
    Line line =
        new Line(
            layers, hidden, rows, step, advance, helped, step / advance, advance / helped);
    System.out.println(line);
    return line;
  }

  /**
   * Microseconds a step.
   *
   * @param idleThreads null for one step at a time
   */
  private static double pass(
      StepBatch batch, NetworkInput request, int hidden, @Nullable IdleThreads idleThreads) {
    NetworkOutput into =
        new NetworkOutput(
            new float[request.batch() * STEPS * hidden],
            new RecurrentState(request.state().layout(), request.state().values()),
            null);
    List<StepRow> rows = new ArrayList<>();
    for (int row = 0; row < request.batch(); row++) {
      rows.add(new StepRow(request, row, into, true));
      batch.join(rows.get(row));
    }
    long begun = System.nanoTime();
    for (int taken = 0; taken < STEPS; ) {
      if (idleThreads == null) {
        batch.step();
        taken++;
      } else {
        taken += batch.advance(idleThreads);
      }
    }
    double took = System.nanoTime() - begun;
    rows.forEach(batch::leave);
    return took / 1e3 / STEPS;
  }
}
