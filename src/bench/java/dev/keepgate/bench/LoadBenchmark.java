package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The server under loads that servers break under: long unrolls beside steps, more clients than it
 * can take, and one client that does not stop.
 */
final class LoadBenchmark {

  private static final int HIDDEN = 128;
  private static final int LONG = 500;
  private static final int BODIES = 8;
  private static final int STEP_CLIENTS = 8;
  private static final int LONG_CLIENTS = 4;

  private static final int MANY_CLIENTS = 32;

  /** Requests that the server takes at once. */
  private static final int QUEUE = 128;

  /** So short that many of those are refused who come too many. */
  private static final String SHORT_WAIT = "1ms";

  private static final int TOO_MANY_CLIENTS = 4 * QUEUE + STEP_CLIENTS;

  private final int seconds;
  private final int warmUp;
  private final long steps;
  private final List<Line> lines = new ArrayList<>();

  /**
   * One load.
   *
   * @param p50Micros of all answers
   * @param p99Micros of all answers
   * @param refused answers of status 429
   * @param errors answers of any other status than that and 200, and requests without one
   * @param residentMegabytes of the server, when it was over
   * @param pauses of the server's garbage collector
   * @param longestPauseMillis of those
   */
  record Line(
      String load,
      int clients,
      double perSecond,
      double p50Micros,
      double p99Micros,
      long refused,
      long errors,
      long residentMegabytes,
      int pauses,
      double longestPauseMillis) {}

  /** A server under load, and how many of its pauses were told. */
  private static final class Server implements AutoCloseable {
    private final PauseLog pauses;
    private final ServerProcess process;
    private int told;

    Server(String... options) throws IOException, InterruptedException {
      this.pauses = new PauseLog(Files.createTempFile("keepgate-bench-", ".gc"));
      List<String> jvm = new ArrayList<>(pauses.options());
      jvm.add("-Xmx2g");
      List<String> all = new ArrayList<>(List.of(options));
      all.add("--keepgate.repository.path=" + Files.createTempDirectory("keepgate-bench-"));
      all.add("--keepgate.batch.queue-capacity=" + QUEUE);
      this.process =
          ServerProcess.start(
              jvm, KeepgateApplication.class.getName(), "/actuator/health/readiness", all);
    }

    int port() {
      return process.port();
    }

    synchronized double[] newPauses() throws IOException {
      double[] since = pauses.since(told);
      told += since.length;
      return since;
    }

    @Override
    public void close() {
      process.close();
    }
  }

  private LoadBenchmark(int seconds, int warmUp, long steps) {
    this.seconds = seconds;
    this.warmUp = warmUp;
    this.steps = steps;
  }

  static LoadBenchmark full() {
    return new LoadBenchmark(60, 60, 1_000_000);
  }

  static LoadBenchmark quick() {
    return new LoadBenchmark(10, 20, 100_000);
  }

  List<Line> run() throws IOException, InterruptedException {
    LoadTool.WRK.require();
    Random random = new Random(5);
    List<Inputs> steps =
        Stream.generate(() -> Inputs.step(HIDDEN, random).withoutState()).limit(BODIES).toList();
    List<Inputs> unrolls =
        Stream.generate(() -> Inputs.unroll(HIDDEN, LONG, random)).limit(BODIES).toList();
    try (Server server = new Server()) {
      server.process.upload("m", Problem.step(HIDDEN));
      List<LoadRequest> step = verified(server, steps, "step");
      List<LoadRequest> unroll = verified(server, unrolls, "unroll?return_sequences=false");
      Wrk.run(server.port(), step, MANY_CLIENTS, warmUp);
      Wrk.run(server.port(), unroll, LONG_CLIENTS, warmUp / 4);
      mixed(server, step, unroll);
      measure("many clients", server, step, MANY_CLIENTS, seconds / 4);
      measure("as many as are taken at once", server, step, QUEUE, seconds / 4);
      measure("4 times as many", server, step, TOO_MANY_CLIENTS, seconds);
      endless(server, step);
    }
    try (Server server = new Server("--keepgate.batch.full-queue-wait=" + SHORT_WAIT)) {
      server.process.upload("m", Problem.step(HIDDEN));
      List<LoadRequest> step = verified(server, steps, "step");
      Wrk.overload(server.port(), step, MANY_CLIENTS, warmUp);
      measure("many clients", server, step, MANY_CLIENTS, seconds / 4);
      measure("4 times as many that wait " + SHORT_WAIT, server, step, TOO_MANY_CLIENTS, seconds);
    }
    return lines;
  }

  private void mixed(Server server, List<LoadRequest> steps, List<LoadRequest> unrolls)
      throws IOException, InterruptedException {
    measure("steps alone", server, steps, STEP_CLIENTS, seconds / 4);
    measure("unrolls of 500 alone", server, unrolls, LONG_CLIENTS, seconds / 4);
    CompletableFuture<Void> beside =
        CompletableFuture.runAsync(
            () -> {
              try {
                measure("unrolls of 500 beside steps", server, unrolls, LONG_CLIENTS, seconds / 4);
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            task -> new Thread(task, "unrolls").start());
    measure("steps beside unrolls of 500", server, steps, STEP_CLIENTS, seconds / 4);
    beside.join();
  }

  /** A tenth of the steps at a time: resident memory is to stay where it was. */
  private void endless(Server server, List<LoadRequest> requests)
      throws IOException, InterruptedException {
    double rate = lines.get(0).perSecond();
    int part = Math.max(1, (int) Math.ceil(steps / 10.0 / rate));
    for (long done = 0; done < steps; ) {
      Line line = measure("one loop of steps", server, requests, STEP_CLIENTS, part);
      if (line.perSecond() == 0) {
        throw new IOException("no step was served: " + line);
      }
      done += Math.round(line.perSecond() * part);
    }
  }

  private Line measure(
      String load, Server server, List<LoadRequest> requests, int clients, int seconds)
      throws IOException, InterruptedException {
    LoadResult result = Wrk.overload(server.port(), requests, clients, Math.max(1, seconds));
    double[] pauses = server.newPauses();
    Line line =
        new Line(
            load,
            clients,
            result.perSecond(),
            result.p50Micros(),
            result.p99Micros(),
            result.refused(),
            result.errors(),
            residentMegabytes(server.process),
            pauses.length,
            Arrays.stream(pauses).max().orElse(0));
    System.out.println(line);
    synchronized (lines) {
      lines.add(line);
    }
    return line;
  }

  /** Linux' own word; 0 elsewhere. */
  private static long residentMegabytes(ServerProcess server) {
    try {
      return Files.readAllLines(Path.of("/proc", server.process().pid() + "", "status")).stream()
          .filter(line -> line.startsWith("VmRSS"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Requests whose first was answered as it should be. */
  private static List<LoadRequest> verified(Server server, List<Inputs> inputs, String operation)
      throws IOException, InterruptedException {
    List<LoadRequest> requests = new ArrayList<>();
    for (Inputs each : inputs) {
      requests.add(each.json("/v1/models/m/" + operation));
    }
    Answers.verify(server.process, requests.get(0), inputs.get(0));
    return requests;
  }
}
