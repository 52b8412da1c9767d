package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.tensor.JsonBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The server beside a plain Spring Boot service over ONNX Runtime, of the same weights, under the
 * same load from the same machine; in turn, and each turn repeated.
 */
final class ServingBenchmark {

  private static final int STEPS = 50;
  private static final int BODIES = 8;
  private static final int WARM_UP_CLIENTS = 32;

  private final int seconds;
  private final int rounds;
  private final List<Integer> clients;

  /**
   * What is asked for.
   *
   * @param work {@code step}; {@code unroll} to the state alone; {@code all} outputs; {@code mixed}
   *     lengths of 1 to 100, to the state alone
   */
  private record Cell(int hidden, String work, int clients, boolean binary) {}

  /** Requests a second, and microseconds. */
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
      double ratio) {}

  private ServingBenchmark(int seconds, int rounds, List<Integer> clients) {
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

  List<Line> run() throws IOException, InterruptedException {
    LoadTool.WRK.require();
    Path repository = Files.createTempDirectory("keepgate-bench-");
    try (ServerProcess ours =
            ServerProcess.start(
                KeepgateApplication.class.getName(),
                "/actuator/health/readiness",
                List.of("--keepgate.repository.path=" + repository));
        ServerProcess peer =
            ServerProcess.start(
                SpringOnnxServer.class.getName(), "/none", List.of("--spring.config.name=none"))) {
      for (int hidden : new int[] {64, 128, 512}) {
        ours.upload("m" + hidden, Problem.step(hidden));
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
      throws IOException, InterruptedException {
    for (Cell cell : cells()) {
      if (cell.clients() == WARM_UP_CLIENTS) {
        Wrk.run(ours.port(), toOurs(cell), cell.clients(), 2 * seconds);
        Wrk.run(peer.port(), toPeer(cell), cell.clients(), 2 * seconds);
      }
    }
  }

  /** The best of the rounds of each, as what else runs on the machine can only slow them. */
  private Line measure(Cell cell, ServerProcess ours, ServerProcess peer)
      throws IOException, InterruptedException {
    List<LoadRequest> toOurs = toOurs(cell);
    List<LoadRequest> toPeer = toPeer(cell);
    Inputs first = inputs(cell).get(0);
    Answers.verify(ours, toOurs.get(0), first);
    Answers.verify(peer, toPeer.get(0), first);
    LoadResult mine = Wrk.run(ours.port(), toOurs, cell.clients(), seconds);
    LoadResult theirs = Wrk.run(peer.port(), toPeer, cell.clients(), seconds);
    for (int i = 0; i < rounds; i++) {
      mine = LoadResult.faster(mine, Wrk.run(ours.port(), toOurs, cell.clients(), seconds));
      theirs = LoadResult.faster(theirs, Wrk.run(peer.port(), toPeer, cell.clients(), seconds));
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
        mine.perSecond() / theirs.perSecond());
  }

  /** The same for both servers. */
  private static List<Inputs> inputs(Cell cell) {
    Random random = new Random(11);
    List<Inputs> inputs = new ArrayList<>();
    for (int i = 0; i < BODIES; i++) {
      inputs.add(
          switch (cell.work()) {
            case "step" -> Inputs.step(cell.hidden(), random);
            case "mixed" -> Inputs.unroll(cell.hidden(), 1 + random.nextInt(100), random);
            default -> Inputs.unroll(cell.hidden(), STEPS, random);
          });
    }
    return inputs;
  }

  private static List<LoadRequest> toOurs(Cell cell) throws IOException {
    String work =
        cell.work().equals("step")
            ? "/step"
            : "/unroll?return_sequences=" + cell.work().equals("all");
    List<LoadRequest> requests = new ArrayList<>();
    for (Inputs inputs : inputs(cell)) {
      requests.add(inputs.request("/v1/models/m" + cell.hidden() + work, cell.binary()));
    }
    return requests;
  }

  private static List<LoadRequest> toPeer(Cell cell) throws IOException {
    String path = "/" + cell.hidden() + (cell.work().equals("all") ? "/all" : "/last");
    List<LoadRequest> requests = new ArrayList<>();
    for (Inputs inputs : inputs(cell)) {
      requests.add(LoadRequest.of(path, Inputs.JSON, toPeer(inputs)));
    }
    return requests;
  }

  private static byte[] toPeer(Inputs inputs) throws IOException {
    JsonBuffer json =
        new JsonBuffer(1 << 12)
            .raw("{\"x\":")
            .tensor(inputs.x(), 0, inputs.time(), 1, inputs.hidden());
    if (inputs.h() != null && inputs.c() != null) {
      json.raw(",\"h\":").tensor(inputs.h(), 0, 1, inputs.hidden());
      json.raw(",\"c\":").tensor(inputs.c(), 0, 1, inputs.hidden());
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    json.raw("}").flushTo(body);
    return body.toByteArray();
  }
}
