package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;

/**
 * The server beside a plain Spring Boot service over ONNX Runtime, of the same weights, under the
 * same load from the same machine; in turn, and each turn repeated.
 */
final class ServingBenchmark {

  private static final int STEPS = 50;
  private static final int BODIES = 8;
  private static final int WARM_UP_CLIENTS = 32;
  private static final String JSON = "application/json";

  private final double seconds;
  private final int rounds;
  private final List<Integer> clients;

  /**
   * What is asked for.
   *
   * @param work {@code step}; {@code unroll} to the state alone; {@code all} outputs; {@code mixed}
   *     lengths of 1 to 100, to the state alone
   */
  private record Cell(int hidden, String work, int clients, boolean binary) {}

  /** Requests a second, microseconds, and answers that were no answer. */
  record Line(
      int hidden,
      String work,
      int clients,
      String format,
      double keepgatePerSecond,
      double keepgateP50,
      double keepgateP99,
      double peerPerSecond,
      double peerP50,
      double peerP99,
      double ratio,
      int errors) {}

  private ServingBenchmark(double seconds, int rounds, List<Integer> clients) {
    this.seconds = seconds;
    this.rounds = rounds;
    this.clients = clients;
  }

  static ServingBenchmark full() {
    return new ServingBenchmark(3, 2, List.of(1, 8, 32, 128));
  }

  static ServingBenchmark quick() {
    return new ServingBenchmark(2, 2, List.of(32));
  }

  static Problem problem(int hidden) {
    return Problem.of(1, 1, hidden, hidden, Problem.weights(hidden, hidden));
  }

  private List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (int each : clients) {
      for (int hidden : new int[] {64, 128, 512}) {
        cells.add(new Cell(hidden, "step", each, false));
      }
      cells.add(new Cell(512, "step", each, true));
      cells.add(new Cell(512, "unroll", each, false));
      cells.add(new Cell(512, "unroll", each, true));
      cells.add(new Cell(128, "all", each, false));
      cells.add(new Cell(128, "mixed", each, false));
    }
    return cells;
  }

  List<Line> run() throws IOException, InterruptedException, ExecutionException {
    Path repository = Files.createTempDirectory("keepgate-bench-");
    try (ServerProcess ours =
            ServerProcess.start(
                KeepgateApplication.class.getName(),
                "/actuator/health/readiness",
                List.of("--keepgate.repository.path=" + repository));
        ServerProcess peer =
            ServerProcess.start(
                SpringOnnxServer.class.getName(),
                "/none",
                List.of("--spring.config.name=none"))) {
      for (int hidden : new int[] {64, 128, 512}) {
        HttpResponse<byte[]> put =
            ours.send(
                "PUT",
                "/v1/models/m" + hidden + "/versions/1",
                OnnxLstm.write(problem(hidden)),
                "application/octet-stream");
        if (put.statusCode() != 201) {
          throw new IOException("PUT: " + new String(put.body(), StandardCharsets.UTF_8));
        }
      }
      warmUp(ours, peer);
      List<Line> lines = new ArrayList<>();
      for (Cell cell : cells()) {
        Line line = measure(cell, ours, peer);
        System.out.println(line);
        lines.add(line);
      }
      return lines;
    }
  }

  /** Every kind of request once, of both: HotSpot takes most of a minute on two busy cores. */
  private void warmUp(ServerProcess ours, ServerProcess peer)
      throws IOException, InterruptedException, ExecutionException {
    for (Cell cell : cells()) {
      if (cell.clients() == WARM_UP_CLIENTS) {
        LoadClient.run(ours.port(), requests(cell, true), cell.clients(), 2 * seconds);
        LoadClient.run(peer.port(), requests(cell, false), cell.clients(), 2 * seconds);
      }
    }
  }

  /** The best of the rounds of each, as what else runs on the machine can only slow them. */
  private Line measure(Cell cell, ServerProcess ours, ServerProcess peer)
      throws IOException, InterruptedException, ExecutionException {
    List<byte[]> toOurs = requests(cell, true);
    List<byte[]> toPeer = requests(new Cell(cell.hidden(), cell.work(), 1, false), false);
    LoadClient.Result mine = LoadClient.run(ours.port(), toOurs, cell.clients(), seconds);
    LoadClient.Result theirs = LoadClient.run(peer.port(), toPeer, cell.clients(), seconds);
    int errors = 0;
    for (int i = 0; i < rounds; i++) {
      mine = better(mine, LoadClient.run(ours.port(), toOurs, cell.clients(), seconds));
      theirs = better(theirs, LoadClient.run(peer.port(), toPeer, cell.clients(), seconds));
      errors += mine.errors() + theirs.errors();
    }
    return new Line(
        cell.hidden(),
        cell.work(),
        cell.clients(),
        cell.binary() ? "safetensors" : "json",
        mine.perSecond(),
        mine.p50Micros(),
        mine.p99Micros(),
        theirs.perSecond(),
        theirs.p50Micros(),
        theirs.p99Micros(),
        mine.perSecond() / theirs.perSecond(),
        errors);
  }

  private static LoadClient.Result better(LoadClient.Result a, LoadClient.Result b) {
    return a.perSecond() >= b.perSecond() ? a : b;
  }

  private static List<byte[]> requests(Cell cell, boolean ours) throws IOException {
    Random random = new Random(11);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < BODIES; i++) {
      int time =
          switch (cell.work()) {
            case "step" -> 1;
            case "mixed" -> 1 + random.nextInt(100);
            default -> STEPS;
          };
      requests.add(ours ? toOurs(cell, time, random) : toPeer(cell, time, random));
    }
    return requests;
  }

  private static byte[] toOurs(Cell cell, int time, Random random) throws IOException {
    int hidden = cell.hidden();
    boolean step = cell.work().equals("step");
    String query = "?return_sequences=" + cell.work().equals("all");
    String path = "/v1/models/m" + hidden + (step ? "/step" : "/unroll" + query);
    float[] x = Problem.floats(random, time * hidden, 1);
    float[] h = Problem.floats(random, hidden, 1);
    float[] c = Problem.floats(random, hidden, 1);
    int[] shape = step ? new int[] {1, hidden} : new int[] {1, time, hidden};
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (cell.binary()) {
      Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
      tensors.put("x", new Tensor.Floats(shape, x));
      if (step) {
        tensors.put("h", Tensor.Floats.of(h, 1, hidden));
        tensors.put("c", Tensor.Floats.of(c, 1, hidden));
      }
      Safetensors.write(body, tensors, Map.of());
      return LoadClient.request(path, Safetensors.MEDIA_TYPE, body.toByteArray());
    }
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"x\":").tensor(x, 0, shape);
    if (step) {
      json.raw(",\"state\":{\"h\":").tensor(h, 0, 1, hidden);
      json.raw(",\"c\":").tensor(c, 0, 1, hidden).raw("}");
    }
    json.raw("}").flushTo(body);
    return LoadClient.request(path, JSON, body.toByteArray());
  }

  private static byte[] toPeer(Cell cell, int time, Random random) throws IOException {
    int hidden = cell.hidden();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    JsonBuffer json =
        new JsonBuffer(1 << 12)
            .raw("{\"x\":")
            .tensor(Problem.floats(random, time * hidden, 1), 0, time, 1, hidden);
    if (cell.work().equals("step")) {
      json.raw(",\"h\":").tensor(Problem.floats(random, hidden, 1), 0, 1, hidden);
      json.raw(",\"c\":").tensor(Problem.floats(random, hidden, 1), 0, 1, hidden);
    }
    json.raw("}").flushTo(body);
    String work = cell.work().equals("all") ? "/all" : "/last";
    return LoadClient.request("/" + hidden + work, JSON, body.toByteArray());
  }
}
