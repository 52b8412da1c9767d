package dev.keepgate.bench;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.ModelBytes;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.sequence.RedisProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
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
  private static final String JSON = "application/json";

  private final int sequences;
  private final double seconds;

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
      LoadClient.Result steps,
      LoadClient.Result stateless,
      LoadClient.Result binarySteps,
      LoadClient.Result binaryStateless,
      LoadClient.Result beforeExpiry,
      LoadClient.Result whileAllExpire) {}

  private SequenceBenchmark(int sequences, double seconds) {
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
    ServerProcess server =
        ServerProcess.start(KeepgateApplication.class.getName(), "/actuator/health/readiness", all);
    byte[] model = ModelBytes.pytorch(HIDDEN, HIDDEN, 7);
    require(server.send("PUT", MODEL + "/versions/1", model, "application/octet-stream"), 201);
    return server;
  }

  private static void require(HttpResponse<byte[]> response, int status) throws IOException {
    if (response.statusCode() != status) {
      throw new IOException(
          response.statusCode() + ": " + new String(response.body(), StandardCharsets.UTF_8));
    }
  }

  private Line measure(String store, ServerProcess server, @Nullable RedisProcess redis)
      throws IOException, InterruptedException, ExecutionException {
    List<byte[]> stateless = requests(BYSTANDERS, i -> stateless(i, false));
    List<byte[]> binaryStateless = requests(BYSTANDERS, i -> stateless(i, true));
    List<byte[]> bystanders = requests(BYSTANDERS, i -> step("b" + i, i, false));
    open(server, "b", BYSTANDERS, -1);
    for (List<byte[]> requests : List.of(stateless, binaryStateless, bystanders)) {
      requireNoErrors(load(server, requests)); // Not measured: the server's code is compiled.
    }
    long before = used(server, redis);
    open(server, "s", sequences, -1);
    each(sequences, i -> require(stepOnce(server, "s" + i, i), 200));
    long bytes = (used(server, redis) - before) / sequences;
    double onTheBooks = gauge(server, "keepgate_sequences_memory_bytes");
    LoadClient.Result steps = load(server, requests(sequences, i -> step("s" + i, i, false)));
    LoadClient.Result alone = load(server, stateless);
    LoadClient.Result binary = load(server, requests(sequences, i -> step("s" + i, i, true)));
    LoadClient.Result binaryAlone = load(server, binaryStateless);
    each(
        sequences,
        i -> require(server.send("DELETE", "/v1/sequences/s" + i, new byte[0], ""), 204));
    LoadClient.Result[] around = expire(server, bystanders);
    long booked = (long) (onTheBooks / (sequences + BYSTANDERS));
    Line line =
        new Line(
            store, sequences, bytes, booked, steps, alone, binary, binaryAlone, around[0],
            around[1]);
    System.out.println(line);
    return line;
  }

  private static void requireNoErrors(LoadClient.Result result) throws IOException {
    if (result.errors() > 0) {
      throw new IOException(result.errors() + " answers were none");
    }
  }

  /** Steps before and after the one moment at which all other sequences expire. */
  private LoadClient.Result[] expire(ServerProcess server, List<byte[]> bystanders)
      throws IOException, InterruptedException, ExecutionException {
    long moment = System.currentTimeMillis() + (long) (1000 * (2 * seconds + sequences / 300.0));
    open(server, "e", sequences, moment);
    long wait = moment - System.currentTimeMillis() - (long) (1000 * seconds);
    if (wait < 0) {
      throw new IOException("opening sequences took %d ms too long".formatted(-wait));
    }
    Thread.sleep(wait);
    LoadClient.Result before =
        LoadClient.run(server.port(), bystanders, CLIENTS, (moment - System.currentTimeMillis()) / 1e3);
    LoadClient.Result during = load(server, bystanders);
    Awaitility.await("the others are closed")
        .atMost(MOST_REAPING)
        .until(() -> gauge(server, "keepgate_sequences_open"), open -> open == BYSTANDERS);
    return new LoadClient.Result[] {before, during};
  }

  private LoadClient.Result load(ServerProcess server, List<byte[]> requests)
      throws InterruptedException, ExecutionException {
    return LoadClient.run(server.port(), requests, CLIENTS, seconds);
  }

  /** Opens sequences; {@code moment} is when all of them expire, or -1. */
  private void open(ServerProcess server, String prefix, int count, long moment)
      throws InterruptedException, ExecutionException {
    each(
        count,
        i -> {
          String ttl =
              moment < 0 ? "15m" : Math.max(1, moment - System.currentTimeMillis()) + "ms";
          String body = "{\"id\":\"%s%d\",\"ttl\":\"%s\"}".formatted(prefix, i, ttl);
          require(
              server.send(
                  "POST", MODEL + "/sequences", body.getBytes(StandardCharsets.UTF_8), JSON),
              201);
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

  private static HttpResponse<byte[]> stepOnce(ServerProcess server, String id, int seed)
      throws IOException, InterruptedException {
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"x\":").tensor(x(seed), 0, HIDDEN).raw("}");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    json.flushTo(body);
    return server.send("POST", "/v1/sequences/" + id + "/step", body.toByteArray(), JSON);
  }

  private static float[] x(int seed) {
    return Problem.floats(new Random(seed), HIDDEN, 1);
  }

  private interface Request extends IntFunction<byte[]> {}

  private static List<byte[]> requests(int count, Request request) {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(request.apply(i));
    }
    return requests;
  }

  private static byte[] step(String id, int seed, boolean binary) {
    return request("/v1/sequences/" + id + "/step", seed, false, binary);
  }

  private static byte[] stateless(int seed, boolean binary) {
    return request(MODEL + "/step", seed, true, binary);
  }

  private static byte[] request(String path, int seed, boolean withState, boolean binary) {
    try {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      if (binary) {
        Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
        tensors.put("x", Tensor.Floats.of(x(seed), 1, HIDDEN));
        if (withState) {
          tensors.put("h", Tensor.Floats.of(x(seed + 1), 1, HIDDEN));
          tensors.put("c", Tensor.Floats.of(x(seed + 2), 1, HIDDEN));
        }
        Safetensors.write(body, tensors, Map.of());
        return LoadClient.request(path, Safetensors.MEDIA_TYPE, body.toByteArray());
      }
      JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"x\":").tensor(x(seed), 0, 1, HIDDEN);
      if (withState) {
        json.raw(",\"state\":{\"h\":").tensor(x(seed + 1), 0, 1, HIDDEN);
        json.raw(",\"c\":").tensor(x(seed + 2), 0, 1, HIDDEN).raw("}");
      }
      json.raw("}").flushTo(body);
      return LoadClient.request(path, JSON, body.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory", e);
    }
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
    require(scrape, 200);
    double sum = 0;
    for (String line : new String(scrape.body(), StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith(name)) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return sum;
  }
}
