package dev.keepgate.bench;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.model.CellWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * The native kernel beside ONNX Runtime and DL4J: from the arrays of a request to the arrays of its
 * answer, h and c included. Rounds are interleaved, so that what else the machine does falls on all;
 * the fastest round of each counts.
 *
 * <p>A round is short, so that on a busy machine some are left alone.
 *
 * <p>Two threads are two requests at a time: two workers here, two concurrent runs of one session (one
 * thread each) there, two networks in DL4J. A time is a request's.
 */
final class KernelBenchmark {

  private static final double TOLERANCE = 1e-5;
  private static final long WARM_UP_NANOS = 150_000_000;
  private static final long MOST_NANOS = 400_000_000;
  private static final long ROUND_NANOS = 2_000_000;

  /**
   * One line of the table, in microseconds a request.
   *
   * @param ratio onnxruntime_us / keepgate_us
   * @param roofline_us the least that one core could take
   */
  record Line(
      int batch,
      int time,
      int input,
      int hidden,
      int threads,
      double keepgate_us,
      double onnxruntime_us,
      double dl4j_us,
      double ratio,
      double roofline_us) {

    /** How much of the roofline it reaches. */
    double share() {
      return roofline_us / keepgate_us;
    }
  }

  private final MachineLimits limits;

  private final int[] sizes;
  private final int[] batches;
  private final int[] times;
  private final int[] threads;
  private final int rounds;

  private KernelBenchmark(
      MachineLimits limits, int[] sizes, int[] batches, int[] times, int[] threads, int rounds) {
    this.limits = limits;
    this.sizes = sizes;
    this.batches = batches;
    this.times = times;
    this.threads = threads;
    this.rounds = rounds;
  }

  static KernelBenchmark full(MachineLimits limits) {
    return new KernelBenchmark(
        limits,
        new int[] {64, 128, 256, 512, 1024},
        new int[] {1, 2, 4, 8, 16, 32, 64},
        new int[] {1, 50},
        new int[] {1, 2},
        50);
  }

  static KernelBenchmark quick(MachineLimits limits) {
    return new KernelBenchmark(
        limits, new int[] {64, 512}, new int[] {1, 8, 32}, new int[] {1, 50}, new int[] {1}, 20);
  }

  List<Line> run() {
    List<Line> lines = new ArrayList<>();
    LstmKernel kernel = new CpuKernel();
    for (int size : sizes) {
      CellWeights weights = Problem.weights(size, size);
      Problem any = Problem.of(1, 1, size, size, weights);
      try (CompiledModel model = kernel.compile(any.model());
          OrtSession session = OnnxRuntimePeer.session(any)) {
        for (int time : times) {
          for (int batch : batches) {
            Problem problem = Problem.of(batch, time, size, size, weights);
            for (int count : threads) {
              Line line = measure(problem, count, kernel, model, session);
              System.out.printf(
                  "H=%d B=%d T=%d threads=%d: keepgate %.1f us (%.0f %% of the roofline's %.1f),"
                      + " onnxruntime %.1f, dl4j %.1f, ratio %.2f%n",
                  size, batch, time, count, line.keepgate_us, 100 * line.share(), line.roofline_us,
                  line.onnxruntime_us, line.dl4j_us, line.ratio);
              lines.add(line);
            }
          }
        }
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }
    return lines;
  }

  private Line measure(
      Problem problem, int threads, LstmKernel kernel, CompiledModel model, OrtSession session) {
    try (Team ours = new Team(threads, () -> new KeepgatePeer(kernel, model, problem));
        Team onnx = new Team(threads, () -> new OnnxRuntimePeer(session, problem));
        Team dl4j = new Team(threads, () -> new Dl4jPeer(problem))) {
      List<Team> teams = List.of(ours, onnx, dl4j);
      for (Team team : teams) {
        team.prepare();
      }
      for (Team team : teams) {
        check(ours.output(), team.output());
      }
      double[] best = new double[3];
      Arrays.fill(best, Double.MAX_VALUE);
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < teams.size(); i++) {
          // Slow ones take their time: of them fewer rounds tell enough.
          if (round < Math.max(3, Math.min(rounds, MOST_NANOS / teams.get(i).roundNanos()))) {
            best[i] = Math.min(best[i], teams.get(i).round());
          }
        }
      }
      return new Line(
          problem.batch(),
          problem.time(),
          problem.input(),
          problem.hidden(),
          threads,
          best[0] / 1e3,
          best[1] / 1e3,
          best[2] / 1e3,
          best[1] / best[0],
          roofline(problem));
    }
  }

  /** Of a sequence the input's weights are read once, the recurrent ones at each step. */
  private double roofline(Problem problem) {
    long recurrent = 4L * problem.hidden() * problem.hidden() * Float.BYTES;
    long input = 4L * problem.hidden() * problem.input() * Float.BYTES;
    double flops =
        (recurrent + input) / (double) Float.BYTES * 2 * problem.batch() * problem.time();
    long again = problem.time() > 1 ? recurrent : recurrent + input;
    return limits.leastMicros(flops, (double) recurrent * problem.time() + input, again);
  }

  private static void check(float[] ours, float[] theirs) {
    if (ours.length != theirs.length) {
      throw new IllegalStateException(ours.length + " numbers against " + theirs.length);
    }
    for (int i = 0; i < ours.length; i++) {
      if (!(Math.abs(ours[i] - theirs[i]) <= TOLERANCE)) {
        throw new IllegalStateException(i + ": " + ours[i] + " against " + theirs[i]);
      }
    }
  }

  /** The same peer on one or more threads. */
  private static final class Team implements AutoCloseable {

    private final List<Peer> peers = new ArrayList<>();
    private int runs = 1;
    private long each = 1;

    Team(int threads, Supplier<Peer> supplier) {
      for (int i = 0; i < threads; i++) {
        peers.add(supplier.get());
      }
    }

    /** Warms up and finds out how many runs make a round. */
    void prepare() {
      long start = System.nanoTime();
      int done = 0;
      while (done < 2 || (System.nanoTime() - start < WARM_UP_NANOS && done < 20_000)) {
        peers.forEach(Peer::run);
        done++;
      }
      each = Math.max(1, (System.nanoTime() - start) / done / peers.size());
      runs = (int) Math.max(1, ROUND_NANOS / each);
    }

    float[] output() {
      return peers.get(0).output();
    }

    /** About how long a round takes. */
    long roundNanos() {
      return each * runs;
    }

    /** Nanoseconds a request. */
    double round() {
      if (peers.size() == 1) {
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
          peers.get(0).run();
        }
        return (System.nanoTime() - start) / (double) runs;
      }
      return concurrentRound();
    }

    /** All at once, each as often; the slowest thread's time counts. */
    private double concurrentRound() {
      CyclicBarrier begin = new CyclicBarrier(peers.size());
      List<FutureTask<Long>> tasks = new ArrayList<>();
      for (Peer peer : peers) {
        FutureTask<Long> task =
            new FutureTask<>(
                () -> {
                  begin.await();
                  long start = System.nanoTime();
                  for (int i = 0; i < runs; i++) {
                    peer.run();
                  }
                  return System.nanoTime() - start;
                });
        tasks.add(task);
        new Thread(task, "bench").start();
      }
      long slowest = 0;
      for (FutureTask<Long> task : tasks) {
        try {
          slowest = Math.max(slowest, task.get());
        } catch (InterruptedException | ExecutionException e) {
          throw new IllegalStateException(e);
        }
      }
      return slowest / (double) runs;
    }

    @Override
    public void close() {
      peers.forEach(Peer::close);
    }
  }
}
