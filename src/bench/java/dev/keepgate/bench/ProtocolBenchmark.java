package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The same steps through each of the server's doors, in turn, and each turn repeated. */
final class ProtocolBenchmark {

  private static final List<Integer> CLIENTS = List.of(1, 32);

  /** As many sequences, so that clients seldom meet at one. */
  private static final int BODIES = 128;

  private static final List<Integer> SIZES = List.of(128, 512);

  private final int warmUp;
  private final int seconds;
  private final int rounds;

  private enum Door {
    V1_JSON,
    V1_SAFETENSORS,
    V2_JSON,
    V2_BINARY,
    GRPC,
    /** Requests of streams, of which a client has one at a time. */
    GRPC_STREAM,
    SEQUENCE_JSON,
    SEQUENCE_SAFETENSORS,
    REDIS_JSON,
    REDIS_SAFETENSORS
  }

  /**
   * Steps a second, and microseconds; the best of the rounds. A request of a stream has its part of
   * the stream's time.
   *
   * @param ratio times those of {@code V1_JSON}
   */
  record Line(
      int hidden,
      String door,
      int clients,
      double perSecond,
      double p50Micros,
      double p99Micros,
      double ratio) {}

  /**
   * The servers, which have the same models.
   *
   * @param redis keeps sequences in Redis; null where there is none
   */
  private record Servers(ServerProcess memory, int grpcPort, @Nullable ServerProcess redis) {}

  private ProtocolBenchmark(int warmUp, int seconds, int rounds) {
    this.warmUp = warmUp;
    this.seconds = seconds;
    this.rounds = rounds;
  }

  static ProtocolBenchmark full() {
    return new ProtocolBenchmark(30, 4, 4);
  }

  static ProtocolBenchmark quick() {
    return new ProtocolBenchmark(10, 2, 2);
  }

  List<Line> run() throws IOException, InterruptedException {
    LoadTool.WRK.require();
    LoadTool.H2LOAD.require();
    int grpcPort = ServerProcess.freePort();
    try (ServerProcess memory = start(grpcPort, List.of())) {
      if (RedisProcess.program().isEmpty()) {
        System.out.println("There is no redis-server on the PATH: the store in it is not measured");
        return measure(new Servers(memory, grpcPort, null));
      }
      try (RedisProcess redis = RedisProcess.start(Files.createTempDirectory("keepgate-redis-"));
          ServerProcess kept =
              start(
                  ServerProcess.freePort(),
                  List.of(
                      "--keepgate.sequences.store=redis",
                      "--spring.data.redis.port=" + redis.port()))) {
        return measure(new Servers(memory, grpcPort, kept));
      }
    }
  }

  private static ServerProcess start(int grpcPort, List<String> options)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(options);
    all.add("--keepgate.repository.path=" + Files.createTempDirectory("keepgate-bench-"));
    all.add("--spring.grpc.server.port=" + grpcPort);
    return ServerProcess.start(
        KeepgateApplication.class.getName(), "/actuator/health/readiness", all);
  }

  private List<Line> measure(Servers servers) throws IOException, InterruptedException {
    List<Line> lines = new ArrayList<>();
    for (int hidden : SIZES) {
      Map<Door, Load> loads = new EnumMap<>(Door.class);
      for (ServerProcess server : all(servers)) {
        server.upload(model(hidden), Problem.step(hidden));
        open(server, hidden);
      }
      for (Door door : Door.values()) {
        Load load = load(door, servers, hidden);
        if (load != null) {
          loads.put(door, load);
          // A lone client's requests go another way.
          for (int clients : CLIENTS) {
            var unused = load.run(clients, warmUp);
          }
        }
      }
      for (int clients : CLIENTS) {
        lines.addAll(measure(loads, hidden, clients));
      }
    }
    return lines;
  }

  private static List<ServerProcess> all(Servers servers) {
    ServerProcess redis = servers.redis();
    return redis == null ? List.of(servers.memory()) : List.of(servers.memory(), redis);
  }

  private static String model(int hidden) {
    return "m" + hidden;
  }

  private static String sequence(int hidden, int number) {
    return "s" + hidden + "-" + number;
  }

  private static void open(ServerProcess server, int hidden)
      throws IOException, InterruptedException {
    for (int i = 0; i < BODIES; i++) {
      String body = "{\"id\":\"" + sequence(hidden, i) + "\",\"ttl\":\"2h\"}";
      Answers.requireStatus(
          201,
          server.send(
              "POST",
              "/v1/models/" + model(hidden) + "/sequences",
              body.getBytes(StandardCharsets.UTF_8),
              Inputs.JSON));
    }
  }

  /** A round goes through all doors, so that what else the machine does meets them alike. */
  private List<Line> measure(Map<Door, Load> loads, int hidden, int clients)
      throws IOException, InterruptedException {
    Map<Door, LoadResult> best = new EnumMap<>(Door.class);
    for (int round = 0; round < rounds; round++) {
      for (Map.Entry<Door, Load> each : loads.entrySet()) {
        best.merge(each.getKey(), each.getValue().run(clients, seconds), LoadResult::faster);
      }
    }
    double json = Objects.requireNonNull(best.get(Door.V1_JSON)).perSecond();
    List<Line> lines = new ArrayList<>();
    best.forEach(
        (door, result) ->
            lines.add(
                new Line(
                    hidden,
                    door.name(),
                    clients,
                    result.perSecond(),
                    result.p50Micros(),
                    result.p99Micros(),
                    result.perSecond() / json)));
    lines.forEach(System.out::println);
    return lines;
  }

  private interface Load {
    LoadResult run(int clients, int seconds) throws IOException, InterruptedException;
  }

  /** A load whose first request was answered as it should be; null where there is no Redis. */
  private static @Nullable Load load(Door door, Servers servers, int hidden)
      throws IOException, InterruptedException {
    OipRequests oip = new OipRequests(model(hidden));
    String step = "/v1/models/" + model(hidden) + "/step";
    return switch (door) {
      case V1_JSON -> http(servers.memory(), hidden, (i, inputs) -> inputs.request(step, false));
      case V1_SAFETENSORS ->
          http(servers.memory(), hidden, (i, inputs) -> inputs.request(step, true));
      case V2_JSON -> http(servers.memory(), hidden, (i, inputs) -> oip.http(inputs, false));
      case V2_BINARY -> http(servers.memory(), hidden, (i, inputs) -> oip.http(inputs, true));
      case GRPC -> grpc(servers.grpcPort(), oip, hidden, false);
      case GRPC_STREAM -> grpc(servers.grpcPort(), oip, hidden, true);
      case SEQUENCE_JSON -> sequences(servers.memory(), hidden, false);
      case SEQUENCE_SAFETENSORS -> sequences(servers.memory(), hidden, true);
      case REDIS_JSON -> sequences(servers.redis(), hidden, false);
      case REDIS_SAFETENSORS -> sequences(servers.redis(), hidden, true);
    };
  }

  private interface Request {
    LoadRequest of(int number, Inputs inputs) throws IOException;
  }

  private static Load http(ServerProcess server, int hidden, Request request)
      throws IOException, InterruptedException {
    List<LoadRequest> requests = requests(hidden, request);
    Answers.verify(server, requests.get(0), Inputs.step(hidden, new Random(0)));
    return (clients, seconds) -> Wrk.run(server.port(), requests, clients, seconds);
  }

  private static List<LoadRequest> requests(int hidden, Request request) throws IOException {
    List<LoadRequest> requests = new ArrayList<>();
    for (int i = 0; i < BODIES; i++) {
      requests.add(request.of(i, Inputs.step(hidden, new Random(i))));
    }
    return requests;
  }

  /** Their first steps are in JSON, and the first of all is verified. */
  private static @Nullable Load sequences(
      @Nullable ServerProcess server, int hidden, boolean binary)
      throws IOException, InterruptedException {
    if (server == null) {
      return null;
    }
    List<LoadRequest> requests =
        requests(
            hidden,
            (i, inputs) ->
                inputs
                    .withoutState()
                    .request("/v1/sequences/" + sequence(hidden, i) + "/step", binary));
    if (!binary) {
      Answers.verify(
          server, requests.get(0), Inputs.step(hidden, new Random(0)).withoutState());
    }
    return (clients, seconds) -> Wrk.run(server.port(), requests, clients, seconds);
  }

  private static Load grpc(int port, OipRequests oip, int hidden, boolean streams)
      throws IOException {
    H2load.Call call = oip.grpc(port, Inputs.step(hidden, new Random(0)), streams);
    return (clients, seconds) -> H2load.run(port, call, clients, seconds);
  }
}
