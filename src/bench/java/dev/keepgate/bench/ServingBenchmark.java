package dev.keepgate.bench;

import dev.keepgate.tensor.JsonBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
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

  /** Requests a second, and microseconds; the processor's of a request. */
  record Line(
      int hidden,
      String work,
      int clients,
      String format,
      double keepgatePerSecond,
      double keepgateP50,
      double keepgateP99,
      double keepgateCpu,
      double peerPerSecond,
      double peerP50,
      double peerP99,
      double peerCpu,
      double ratio) {}

  private ServingBenchmark(int seconds, int rounds, List<Integer> clients) {
    this.seconds = seconds;
    this.rounds = rounds;
    this.clients = clients;
  }

  static ServingBenchmark full() {
    return new ServingBenchmark(4, 3, List.of(1, 8, 32, 128));
  }

  static ServingBenchmark quick() {
    return new ServingBenchmark(4, 3, List.of(1, 32));
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
    try (ServerProcess ours = ServerProcess.keepgate();
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
    Load mine = load(ours, toOurs, cell.clients());
    Load theirs = load(peer, toPeer, cell.clients());
    for (int i = 1; i < rounds; i++) {
      mine = mine.faster(load(ours, toOurs, cell.clients()));
      theirs = theirs.faster(load(peer, toPeer, cell.clients()));
    }
    return new Line(
        cell.hidden(),
        cell.work(),
        cell.clients(),
        cell.binary() ? "safetensors" : "json",
        mine.seen().perSecond(),
        mine.seen().p50Micros(),
        mine.seen().p99Micros(),
        mine.cpu(),
        theirs.seen().perSecond(),
        theirs.seen().p50Micros(),
        theirs.seen().p99Micros(),
        theirs.cpu(),
        mine.seen().perSecond() / theirs.seen().perSecond());
  }

  /**
   * One round.
   *
   * @param cpu microseconds of the processor that a request took
   */
  private record Load(LoadResult seen, double cpu) {

    Load faster(Load other) {
      return seen.perSecond() >= other.seen.perSecond() ? this : other;
    }
  }

  private Load load(ServerProcess server, List<LoadRequest> requests, int clients)
      throws IOException, InterruptedException {
    double before = server.cpuMicros();
    LoadResult seen = Wrk.run(server.port(), requests, clients, seconds);
    return new Load(seen, (server.cpuMicros() - before) / (seen.perSecond() * seconds));
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
