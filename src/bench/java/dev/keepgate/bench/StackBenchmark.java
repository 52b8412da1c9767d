package dev.keepgate.bench;

import dev.keepgate.kernel.CompiledModel;
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

/**
 * Rows of a stack of cells as a worker steps them: one step through all layers at a time, against a
 * few steps at a time, layer after layer, where the kernel thinks that it pays.
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
   * @param ratio how much faster that is
   */
  record Line(
      int layers, int hidden, int batch, double step_us, double advance_us, double ratio) {}

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
    List<Line> lines = new ArrayList<>();
    for (int layers : new int[] {2, 4}) {
      for (int hidden : sizes) {
        try (CompiledModel model = kernel.compile(stack(layers, hidden));
            Scratch scratch = kernel.newScratch();
            StepBatch batch = model.newStepBatch(CAPACITY, scratch)) {
          for (int rows : new int[] {1, 2, 3, 4, 8, 16}) {
            lines.add(measure(layers, hidden, rows, batch, request(model.signature(), rows)));
          }
        }
      }
    }
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

  private Line measure(int layers, int hidden, int rows, StepBatch batch, NetworkInput request) {
    double step = Double.MAX_VALUE;
    double advance = Double.MAX_VALUE;
    for (int round = 0; round < rounds; round++) {
      step = Math.min(step, pass(batch, request, hidden, false));
      advance = Math.min(advance, pass(batch, request, hidden, true));
    }
    Line line = new Line(layers, hidden, rows, step, advance, step / advance);
    System.out.println(line);
    return line;
  }

  /** Microseconds a step. */
  private static double pass(
      StepBatch batch, NetworkInput request, int hidden, boolean isTogether) {
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
      if (isTogether) {
        taken += batch.advance();
      } else {
        batch.step();
        taken++;
      }
    }
    double took = System.nanoTime() - begun;
    rows.forEach(batch::leave);
    return took / 1e3 / STEPS;
  }
}
