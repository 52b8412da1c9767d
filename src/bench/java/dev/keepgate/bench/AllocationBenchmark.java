package dev.keepgate.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * What a step of rows costs and allocates, by JMH and its profiler of the heap, in a JVM of its own
 * for each size.
 *
 * <p>The smallest object has 16 bytes, so less than 16 a step says that a step allocates nothing;
 * what is left are the rows that {@link StepPass} lets in.
 */
final class AllocationBenchmark {

  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /**
   * One size.
   *
   * @param nsPerOp nanoseconds a step of all rows
   * @param bytesPerOp allocated on the heap meanwhile
   */
  record Line(int hidden, int batch, double nsPerOp, double bytesPerOp) {}

  private final Options options;

  AllocationBenchmark(boolean isQuick) {
    int iterations = isQuick ? 3 : 10;
    this.options =
        new OptionsBuilder()
            .include("^" + StepPass.class.getName() + "\\.")
            .forks(1)
            .warmupIterations(iterations)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(iterations)
            .measurementTime(TimeValue.seconds(1))
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .build();
  }

  List<Line> run() throws RunnerException {
    List<Line> lines = new ArrayList<>();
    for (RunResult result : new Runner(options).run()) {
      lines.add(
          new Line(
              Integer.parseInt(result.getParams().getParam("hidden")),
              Integer.parseInt(result.getParams().getParam("batch")),
              result.getPrimaryResult().getScore(),
              Objects.requireNonNull(result.getSecondaryResults().get(ALLOCATED)).getScore()));
    }
    return lines;
  }
}
