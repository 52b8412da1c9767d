package dev.keepgate.bench;

import dev.keepgate.KafkaBroker;
import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/**
 * Records of many keys on a broker's topic: one server and two beside a plain consumer that runs
 * ONNX Runtime a record at a time and keeps states in a map, of the same weights, in turn; and how
 * long a server without states takes to read them back.
 */
final class StreamBenchmark {

  static final int HIDDEN = 128;
  static final int INPUT = 16;
  private static final int PARTITIONS = 4;
  private static final int KEYS = 10_000;
  private static final int MOST_PER_SECOND = 30_000;
  private static final String LIVENESS = "/actuator/health/liveness";

  private final int seconds;
  private final int warmUp;
  private final List<String> formats;
  private final int restored;

  /**
   * Figures of one reader of a topic.
   *
   * @param reader {@code keepgate}, or {@code plain} for the consumer
   * @param instances processes of one group
   * @param format of values, both ways
   * @param speed while it is measured
   * @param bytes of what was written since it began
   * @param resident bytes of memory of one process, at most
   */
  record Line(
      String reader, int instances, String format, Speed speed, Bytes bytes, long resident) {}

  /**
   * How fast records are taken on.
   *
   * @param perSecond records that were answered, and committed
   * @param cpuMicros of all processes together, for a record
   * @param rows that a worker took on together, on average; 0 for the consumer
   */
  record Speed(double perSecond, double cpuMicros, double rows) {}

  /**
   * What the broker keeps for a record.
   *
   * @param state bytes of the topic of states
   * @param pending bytes of the topic of what is under way
   * @param pendingRecords records of that topic
   * @param answer bytes of the topic of answers
   */
  record Bytes(double state, double pending, double pendingRecords, double answer) {}

  /**
   * A server that had no states.
   *
   * @param states that it read
   * @param seconds that reading them took
   * @param readySeconds from the start of the process to the answer of a new record
   */
  record Restore(int states, double seconds, double readySeconds) {}

  record Figures(List<Line> lines, Restore restore) {}

  private StreamBenchmark(int seconds, int warmUp, List<String> formats, int restored) {
    this.seconds = seconds;
    this.warmUp = warmUp;
    this.formats = formats;
    this.restored = restored;
  }

  static StreamBenchmark full() {
    return new StreamBenchmark(10, 100_000, List.of("float32", "json"), 100_000);
  }

  static StreamBenchmark quick() {
    return new StreamBenchmark(5, 30_000, List.of("float32"), 20_000);
  }

  Figures run() throws Exception {
    KafkaBroker broker = KafkaBroker.start();
    try (StreamTopics topics = new StreamTopics(broker)) {
      List<Line> lines = new ArrayList<>();
      for (String format : formats) {
        for (int instances = 1; instances <= 2; instances++) {
          lines.add(plain(topics, format, instances));
          lines.add(keepgate(topics, format, instances));
        }
      }
      return new Figures(lines, restore(topics));
    } finally {
      broker.close();
    }
  }

  private Line plain(StreamTopics topics, String format, int instances) throws Exception {
    String name = "plain-" + format + "-" + instances;
    createTopics(topics, name);
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < instances; i++) {
        processes.add(peer(topics.broker().bootstrap(), name, format, i));
      }
      fill(topics, name, format);
      List<Long> pids = processes.stream().map(Process::pid).toList();
      topics.awaitEnd(name + "-out", warmUp);
      Speed speed = speed(topics, name, pids);
      double answer = topics.bytes(name + "-out") / topics.end(name + "-out");
      Bytes bytes = new Bytes(0, 0, 0, answer);
      return line("plain", name, speed, bytes, ProcessUse.resident(pids.get(0)));
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  private static Line line(
      String reader, String name, Speed speed, Bytes bytes, long resident) {
    String[] parts = name.split("-");
    Line line = new Line(reader, Integer.parseInt(parts[2]), parts[1], speed, bytes, resident);
    System.out.println(line);
    return line;
  }

  private void fill(StreamTopics topics, String name, String format) {
    topics.fill(name + "-in", warmUp * 2 + seconds * MOST_PER_SECOND, KEYS, format);
  }

  private Speed speed(StreamTopics topics, String name, List<Long> pids) throws Exception {
    double before = topics.end(name + "-out");
    double used = ProcessUse.micros(pids);
    long begun = System.nanoTime();
    Thread.sleep(seconds * 1000L);
    double records = topics.end(name + "-out") - before;
    double took = (System.nanoTime() - begun) / 1e9;
    return new Speed(records / took, (ProcessUse.micros(pids) - used) / records, 0);
  }

  private static Process peer(String broker, String name, String format, int number)
      throws IOException {
    // ONNX Runtime 1.29 crashes where the command line is long.
    Path classPath = Files.createTempFile("keepgate-", ".classpath");
    Files.writeString(classPath, "-cp \"" + System.getProperty("java.class.path") + "\"");
    Path logs = Files.createDirectories(Path.of("target", "bench"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g",
            "@" + classPath,
            StreamPeer.class.getName(),
            broker,
            name,
            format)
        .redirectErrorStream(true)
        .redirectOutput(logs.resolve(name + "-" + number + ".log").toFile())
        .start();
  }

  private Line keepgate(StreamTopics topics, String format, int instances) throws Exception {
    String name = "keepgate-" + format + "-" + instances;
    createTopics(topics, name);
    Path folder = Files.createTempDirectory("keepgate-bench-");
    List<ServerProcess> servers = new ArrayList<>();
    try {
      for (int i = 0; i < instances; i++) {
        servers.add(start(topics, folder.resolve("" + i), name, format));
      }
      fill(topics, name, format);
      for (ServerProcess each : servers) {
        Awaitility.await("records of each server")
            .atMost(Duration.ofMinutes(2))
            .until(() -> rows(List.of(each))[1] > 0);
      }
      topics.awaitEnd(name + "-out", topics.end(name + "-out") + warmUp);
      List<Long> pids = servers.stream().map(each -> each.process().pid()).toList();
      double[] before = rows(servers);
      Speed speed = speed(topics, name, pids);
      double[] after = rows(servers);
      double rows = (after[0] - before[0]) / (after[1] - before[1]);
      long resident = ProcessUse.resident(pids.get(0));
      for (ServerProcess each : servers) {
        each.close();
      }
      Speed whole = new Speed(speed.perSecond(), speed.cpuMicros(), rows);
      return line("keepgate", name, whole, written(topics, name), resident);
    } finally {
      servers.forEach(ServerProcess::close);
      FileSystemUtils.deleteRecursively(folder);
    }
  }

  private static Bytes written(StreamTopics topics, String name)
      throws ExecutionException, InterruptedException {
    double answered = topics.end(name + "-out");
    String stores = name + "-" + name;
    return new Bytes(
        topics.bytes(stores + "-states-changelog") / answered,
        topics.bytes(stores + "-pending-changelog") / answered,
        topics.end(stores + "-pending-changelog") / answered,
        topics.bytes(name + "-out") / answered);
  }

  static Problem problem() {
    return Problem.of(1, 1, INPUT, HIDDEN, Problem.weights(INPUT, HIDDEN));
  }

  private static void createTopics(StreamTopics topics, String name) {
    for (String suffix : List.of("-in", "-out", "-dead")) {
      topics.broker().createTopic(name + suffix, PARTITIONS, Map.of());
    }
  }

  private static ServerProcess start(
      StreamTopics topics, Path folder, String name, String format)
      throws IOException, InterruptedException {
    Path version = Files.createDirectories(folder.resolve("models/m/1"));
    Files.write(version.resolve("model.onnx"), OnnxLstm.write(problem()));
    String binding = "--keepgate.streams.bindings[0].";
    List<String> options = new ArrayList<>();
    options.add("--keepgate.repository.path=" + folder.resolve("models"));
    options.add("--keepgate.repository.built-in=never");
    options.add("--keepgate.streams.bootstrap-servers=" + topics.broker().bootstrap());
    options.add("--keepgate.streams.application-id=" + name);
    options.add("--keepgate.streams.state-dir=" + folder.resolve("states"));
    options.add("--keepgate.streams.properties.heartbeat.interval.ms=500");
    options.add(binding + "name=" + name);
    options.add(binding + "model=m");
    options.add(binding + "input=" + name + "-in");
    options.add(binding + "output=" + name + "-out");
    options.add(binding + "dead-letter=" + name + "-dead");
    options.add(binding + "value-format=" + format);
    options.add(binding + "output-format=" + format);
    return ServerProcess.start(
        KeepgateApplication.class.getName(), LIVENESS, options);
  }

  /** The sum of rows and the number of times that workers took some on. */
  private static double[] rows(List<ServerProcess> servers)
      throws IOException, InterruptedException {
    double[] sums = new double[2];
    for (ServerProcess each : servers) {
      sums[0] += scraped(each, "keepgate_batch_size_sum");
      sums[1] += scraped(each, "keepgate_batch_size_count");
    }
    return sums;
  }

  /** A meter, of all its tags together. */
  private static double scraped(ServerProcess server, String meter)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> scrape = server.send("GET", "/actuator/prometheus", new byte[0], "");
    return new String(scrape.body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith(meter))
        .mapToDouble(StreamBenchmark::last)
        .sum();
  }

  private static double last(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }

  /** A state a key, and then a server that has none of them. */
  private Restore restore(StreamTopics topics) throws Exception {
    String name = "restored";
    createTopics(topics, name);
    topics.fill(name + "-in", restored, restored, "float32");
    Path folder = Files.createTempDirectory("keepgate-bench-");
    try {
      ServerProcess first = start(topics, folder.resolve("0"), name, "float32");
      Awaitility.await("states")
          .atMost(Duration.ofMinutes(5))
          .until(() -> scraped(first, "keepgate_stream_records_total") >= restored);
      first.close();
      // The ends of transactions have offsets too.
      double answered = topics.end(name + "-out");
      topics.fill(name + "-in", 1, 1, "float32");
      long begun = System.nanoTime();
      try (ServerProcess second = start(topics, folder.resolve("1"), name, "float32")) {
        Answers.requireStatus(200, second.send("GET", LIVENESS, new byte[0], ""));
        topics.awaitEnd(name + "-out", answered + 1);
        double ready = (System.nanoTime() - begun) / 1e9;
        Restore restore =
            new Restore(restored, RestoreLog.seconds(KeepgateApplication.class.getName()), ready);
        System.out.println(restore);
        return restore;
      }
    } finally {
      FileSystemUtils.deleteRecursively(folder);
    }
  }
}
