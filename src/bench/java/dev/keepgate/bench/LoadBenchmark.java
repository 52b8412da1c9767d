package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.tensor.JsonBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The server under loads that servers break under: long unrolls beside steps, more clients than it
 * can take, and one client that does not stop.
 */
final class LoadBenchmark {

  private static final int HIDDEN = 128;
  private static final int LONG = 500;
  private static final int STEP_CLIENTS = 8;
  private static final int LONG_CLIENTS = 4;

  private static final int MANY_CLIENTS = 32;

  /** Requests that the server takes at once. */
  private static final int QUEUE = 128;

  /** So short that many of those are refused who come too many. */
  private static final String SHORT_WAIT = "1ms";

  private static final int TOO_MANY_CLIENTS = 4 * QUEUE + STEP_CLIENTS;

  private final double seconds;
  private final double warmUp;
  private final long steps;
  private final List<Line> lines = new ArrayList<>();

  /**
   * One load.
   *
   * @param refused answers of status 429
   * @param errors answers of any other status than that and 200
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
      int refused,
      int errors,
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
      process.send(
          "PUT",
          "/v1/models/m/versions/1",
          OnnxLstm.write(ServingBenchmark.problem(HIDDEN)),
          "application/octet-stream");
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

  private LoadBenchmark(double seconds, double warmUp, long steps) {
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

  List<Line> run() throws IOException, InterruptedException, ExecutionException {
    List<byte[]> steps = requests("step", 1);
    List<byte[]> unrolls = requests("unroll", LONG);
    try (Server server = new Server()) {
      LoadClient.samples(server.port(), steps, MANY_CLIENTS, warmUp);
      LoadClient.samples(server.port(), unrolls, LONG_CLIENTS, warmUp / 4);
      mixed(server, steps, unrolls);
      measure("many clients", server, steps, MANY_CLIENTS, seconds / 4);
      measure("as many as are taken at once", server, steps, QUEUE, seconds / 4);
      measure("4 times as many", server, steps, TOO_MANY_CLIENTS, seconds);
      endless(server, steps);
    }
    try (Server server = new Server("--keepgate.batch.full-queue-wait=" + SHORT_WAIT)) {
      LoadClient.samples(server.port(), steps, MANY_CLIENTS, warmUp);
      measure("many clients", server, steps, MANY_CLIENTS, seconds / 4);
      measure(
          "4 times as many that wait " + SHORT_WAIT, server, steps, TOO_MANY_CLIENTS, seconds);
    }
    return lines;
  }

  private void mixed(Server server, List<byte[]> steps, List<byte[]> unrolls)
      throws IOException, InterruptedException, ExecutionException {
    measure("steps alone", server, steps, STEP_CLIENTS, seconds / 4);
    measure("unrolls of 500 alone", server, unrolls, LONG_CLIENTS, seconds / 4);
    CompletableFuture<Void> beside =
        CompletableFuture.runAsync(
            () -> {
              try {
                measure("unrolls of 500 beside steps", server, unrolls, LONG_CLIENTS, seconds / 4);
              } catch (IOException | InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
              }
            },
            task -> new Thread(task, "unrolls").start());
    measure("steps beside unrolls of 500", server, steps, STEP_CLIENTS, seconds / 4);
    beside.join();
  }

  /** A tenth of the steps at a time: resident memory is to stay where it was. */
  private void endless(Server server, List<byte[]> requests)
      throws IOException, InterruptedException, ExecutionException {
    long done = 0;
    while (done < steps) {
      double rate = lines.get(0).perSecond();
      Line line = measure("one loop of steps", server, requests, STEP_CLIENTS, steps / 10.0 / rate);
      done += Math.round(line.perSecond() * steps / 10.0 / rate);
    }
  }

  private Line measure(
      String load, Server server, List<byte[]> requests, int clients, double seconds)
      throws IOException, InterruptedException, ExecutionException {
    long begun = System.nanoTime();
    List<LoadClient.Sample> samples =
        LoadClient.samples(server.port(), requests, clients, seconds);
    double took = (System.nanoTime() - begun) / 1e9;
    long[] nanos = LoadClient.sorted(samples);
    double[] pauses = server.newPauses();
    Line line =
        new Line(
            load,
            clients,
            nanos.length / took,
            LoadClient.micros(nanos, 0.5),
            LoadClient.micros(nanos, 0.99),
            samples.stream().mapToInt(LoadClient.Sample::refused).sum(),
            samples.stream().mapToInt(LoadClient.Sample::errors).sum(),
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

  private static List<byte[]> requests(String operation, int time) throws IOException {
    Random random = new Random(5);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      boolean step = operation.equals("step");
      int[] shape = step ? new int[] {1, HIDDEN} : new int[] {1, time, HIDDEN};
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      new JsonBuffer(1 << 12)
          .raw("{\"x\":")
          .tensor(Problem.floats(random, time * HIDDEN, 1), 0, shape)
          .raw(step ? "}" : ",\"return_sequences\":false}")
          .flushTo(body);
      requests.add(
          LoadClient.request("/v1/models/m/" + operation, "application/json", body.toByteArray()));
    }
    return requests;
  }
}
