package dev.keepgate.bench;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What JMH runs: rows join a batch, go through {@value #STEPS} steps and leave. A step is an
 * operation; what joining and leaving takes is spread over all of them. JMH calls {@link #compile}
 * before anything else.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class StepPass {

  static final int STEPS = 1000;

  @Param({"64", "512"})
  public int hidden;

  @Param({"1", "8"})
  public int batch;

  private CompiledModel model;
  private Scratch scratch;
  private StepBatch steps;
  private NetworkInput input;
  private NetworkOutput into;

  @Setup
  public void compile() {
    Backend.load(BlasOptions.DEFAULT);
    LstmKernel kernel = new CpuKernel();
    Problem problem = Problem.of(batch, STEPS, hidden, hidden, Problem.weights(hidden, hidden));
    model = kernel.compile(problem.model());
    scratch = kernel.newScratch();
    steps = model.newStepBatch(batch, scratch);
    input = problem.request();
    into =
        new NetworkOutput(
            new float[batch * STEPS * hidden], RecurrentState.zero(model.signature().state(), batch), null);
  }

  @Benchmark
  @OperationsPerInvocation(STEPS)
  public float[] pass() {
    StepRow[] rows = new StepRow[batch];
    for (int row = 0; row < batch; row++) {
      rows[row] = new StepRow(input, row, into, true);
      steps.join(rows[row]);
    }
    for (int step = 0; step < STEPS; step++) {
      steps.step();
    }
    for (StepRow row : rows) {
      steps.leave(row);
    }
    return into.output();
  }

  @TearDown
  public void close() {
    steps.close();
    scratch.close();
    model.close();
  }
}
