package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Many open sequences: the memory that one takes, how fast they step beside steps that bring their
 * own state, and what others notice when all of them expire at one moment.
 */
final class SequenceBenchmark {

  private static final int HIDDEN = 512;
  private static final int CLIENTS = 32;
  private static final int BYSTANDERS = 64;
  private static final Duration MOST_REAPING = Duration.ofSeconds(10);
  private static final String MODEL = "/v1/models/m";

  private final int sequences;
  private final int seconds;

  /**
   * One store's figures; times are in microseconds.
   *
   * @param store {@code memory} or {@code redis}
   * @param sequences how many are open
   * @param bytes of one, after a step, as the heap or Redis has grown
   * @param bytesOnTheBooks of one, as the server counts them
   * @param steps of sequences, JSON
   * @param stateless steps that bring their state and are answered the next, JSON
   * @param binarySteps as {@code steps}, safetensors
   * @param binaryStateless as {@code stateless}, safetensors
   * @param beforeExpiry steps of sequences that live on, before all others expire
   * @param whileAllExpire the same from that moment on
   */
  record Line(
      String store,
      int sequences,
      long bytes,
      long bytesOnTheBooks,
      LoadResult steps,
      LoadResult stateless,
      LoadResult binarySteps,
      LoadResult binaryStateless,
      LoadResult beforeExpiry,
      LoadResult whileAllExpire) {}

  private SequenceBenchmark(int sequences, int seconds) {
    this.sequences = sequences;
    this.seconds = seconds;
  }

  static SequenceBenchmark full() {
    return new SequenceBenchmark(10_000, 4);
  }

  static SequenceBenchmark quick() {
    return new SequenceBenchmark(1_000, 2);
  }

  List<Line> run() throws IOException, InterruptedException, ExecutionException {
    LoadTool.WRK.require();
    List<Line> lines = new ArrayList<>();
    try (ServerProcess server = start(List.of())) {
      lines.add(measure("memory", server, null));
    }
    if (RedisProcess.program().isEmpty()) {
      System.out.println("There is no redis-server on the PATH: the store in it is not measured");
      return lines;
    }
    try (RedisProcess redis = RedisProcess.start(Files.createTempDirectory("keepgate-redis-"));
        ServerProcess server =
            start(
                List.of(
                    "--keepgate.sequences.store=redis",
                    "--spring.data.redis.port=" + redis.port()))) {
      lines.add(measure("redis", server, redis));
    }
    return lines;
  }

  private static ServerProcess start(List<String> options)
      throws IOException, InterruptedException {
    Path repository = Files.createTempDirectory("keepgate-bench-");
    List<String> all = new ArrayList<>(options);
    all.add("--keepgate.repository.path=" + repository);
    return ServerProcess.start(
        KeepgateApplication.class.getName(), "/actuator/health/readiness", all);
  }

  private Line measure(String store, ServerProcess server, @Nullable RedisProcess redis)
      throws IOException, InterruptedException, ExecutionException {
    List<LoadRequest> stateless = requests(BYSTANDERS, i -> stateless(i, false));
    List<LoadRequest> binaryStateless = requests(BYSTANDERS, i -> stateless(i, true));
    List<LoadRequest> bystanders = requests(BYSTANDERS, i -> step("b" + i, i, false));
    server.upload("m", Problem.step(HIDDEN));
    open(server, "b", BYSTANDERS, -1);
    Answers.verify(server, stateless.get(0), inputs(0));
    Answers.verify(server, binaryStateless.get(0), inputs(0));
    Answers.verify(server, bystanders.get(0), inputs(0).withoutState());
    Answers.verify(server, step("b1", 1, true), inputs(1).withoutState());
    for (List<LoadRequest> requests : List.of(stateless, binaryStateless, bystanders)) {
      load(server, requests); // Not measured: the server's code is compiled.
    }
    long before = used(server, redis);
    open(server, "s", sequences, -1);
    each(sequences, i -> Answers.requireStatus(200, server.send(step("s" + i, i, false))));
    long bytes = (used(server, redis) - before) / sequences;
    double onTheBooks = gauge(server, "keepgate_sequences_memory_bytes");
    LoadResult steps = load(server, requests(sequences, i -> step("s" + i, i, false)));
    LoadResult alone = load(server, stateless);
    LoadResult binary = load(server, requests(sequences, i -> step("s" + i, i, true)));
    LoadResult binaryAlone = load(server, binaryStateless);
    each(
        sequences,
        i ->
            Answers.requireStatus(
                204, server.send("DELETE", "/v1/sequences/s" + i, new byte[0], "")));
    LoadResult[] around = expire(server, bystanders);
    long booked = (long) (onTheBooks / (sequences + BYSTANDERS));
    Line line =
        new Line(
            store,
            sequences,
            bytes,
            booked,
            steps,
            alone,
            binary,
            binaryAlone,
            around[0],
            around[1]);
    System.out.println(line);
    return line;
  }

  /** Steps before and after the one moment at which all other sequences expire. */
  private LoadResult[] expire(ServerProcess server, List<LoadRequest> bystanders)
      throws IOException, InterruptedException, ExecutionException {
    long moment = System.currentTimeMillis() + (long) (1000 * (2 * seconds + sequences / 300.0));
    open(server, "e", sequences, moment);
    long wait = moment - System.currentTimeMillis() - 1000L * seconds;
    if (wait < 0) {
      throw new IOException("opening sequences took %d ms too long".formatted(-wait));
    }
    Thread.sleep(wait);
    LoadResult before = load(server, bystanders);
    LoadResult during = load(server, bystanders);
    Awaitility.await("the others are closed")
        .atMost(MOST_REAPING)
        .until(() -> gauge(server, "keepgate_sequences_open"), open -> open == BYSTANDERS);
    return new LoadResult[] {before, during};
  }

  private LoadResult load(ServerProcess server, List<LoadRequest> requests)
      throws IOException, InterruptedException {
    return Wrk.run(server.port(), requests, CLIENTS, seconds);
  }

  /** Opens sequences; {@code moment} is when all of them expire, or -1. */
  private void open(ServerProcess server, String prefix, int count, long moment)
      throws InterruptedException, ExecutionException {
    each(
        count,
        i -> {
          String ttl = moment < 0 ? "15m" : Math.max(1, moment - System.currentTimeMillis()) + "ms";
          String body = "{\"id\":\"%s%d\",\"ttl\":\"%s\"}".formatted(prefix, i, ttl);
          Answers.requireStatus(
              201,
              server.send(
                  "POST",
                  MODEL + "/sequences",
                  body.getBytes(StandardCharsets.UTF_8),
                  Inputs.JSON));
        });
  }

  private interface Call {
    void run(int i) throws IOException, InterruptedException;
  }

  private static void each(int count, Call call) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Callable<Boolean>> calls = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        calls.add(
            () -> {
              call.run(number);
              return true;
            });
      }
      for (Future<Boolean> done : threads.invokeAll(calls)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Inputs inputs(int seed) {
    return Inputs.step(HIDDEN, new Random(seed));
  }

  private interface Request {
    LoadRequest number(int i) throws IOException;
  }

  private static List<LoadRequest> requests(int count, Request request) throws IOException {
    List<LoadRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(request.number(i));
    }
    return requests;
  }

  private static LoadRequest step(String id, int seed, boolean binary) throws IOException {
    return inputs(seed).withoutState().request("/v1/sequences/" + id + "/step", binary);
  }

  private static LoadRequest stateless(int seed, boolean binary) throws IOException {
    return inputs(seed).request(MODEL + "/step", binary);
  }

  /** Memory in use: of the server's heap after a collection, or of Redis. */
  private static long used(ServerProcess server, @Nullable RedisProcess redis)
      throws IOException, InterruptedException {
    if (redis != null) {
      Matcher used = Pattern.compile("used_memory:(\\d+)").matcher(redis.command("INFO memory"));
      if (!used.find()) {
        throw new IOException("Redis does not say what memory it uses");
      }
      return Long.parseLong(used.group(1));
    }
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process collection =
        new ProcessBuilder(jcmd, Long.toString(server.process().pid()), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (collection.waitFor() != 0) {
      throw new IOException("jcmd GC.run failed");
    }
    return (long) gauge(server, "jvm_memory_used_bytes{area=\"heap\"");
  }

  /** The sum of a meter's values. */
  private static double gauge(ServerProcess server, String name)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> scrape = server.send("GET", "/actuator/prometheus", new byte[0], "");
    Answers.requireStatus(200, scrape);
    double sum = 0;
    for (String line : new String(scrape.body(), StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith(name)) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return sum;
  }
}
