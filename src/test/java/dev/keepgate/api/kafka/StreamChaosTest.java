package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaBroker;
import dev.keepgate.KafkaRecords;
import dev.keepgate.ModelBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three servers of one group, killed and added while records come, and a broker that is killed: for
 * whoever reads what is committed, every key's answers are its sequence's, each once.
 *
 * <p>{@code -Dkeepgate.keys=1000 -Dkeepgate.records=300 -Dkeepgate.kills=12} for the long run;
 * {@code -Dkeepgate.seed=...} to repeat one.
 */
class StreamChaosTest {

  private static final int KEYS = Integer.getInteger("keepgate.keys", 40);
  private static final int STEPS = Integer.getInteger("keepgate.records", 60);
  private static final int KILLS = Integer.getInteger("keepgate.kills", 1);
  private static final int SERVERS = 3;
  private static final int PARTITIONS = 6;

  /** Of a session and a transaction whose server was killed. */
  private static final Duration SOON = Duration.ofSeconds(4);

  /** So long that nothing here waits for its end. */
  private static final Duration NEVER = Duration.ofMinutes(10);

  private static final Duration WAIT = Duration.ofMinutes(3 + (long) KEYS * STEPS / 50_000);

  @TempDir Path folder;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final List<StreamProcess> started = new ArrayList<>();
  private final List<StreamProcess> alive = new ArrayList<>();
  private final TreeSet<String> chosen = new TreeSet<>();
  private KafkaBroker broker;
  private KafkaRecords records;

  @BeforeEach
  void startBroker() throws IOException {
    System.out.printf("%s seed %d%n", getClass().getSimpleName(), seed);
    Path version = Files.createDirectories(folder.resolve("models/lstm/1"));
    Files.write(version.resolve("model.safetensors"), ModelBytes.pytorch(StreamLoad.INPUT, 16, 7));
    broker = KafkaBroker.start();
    records = new KafkaRecords(broker.bootstrap());
    StreamServer.createTopics(broker, "chaos", PARTITIONS);
  }

  @AfterEach
  void stop() {
    started.forEach(StreamProcess::close);
    records.close();
    broker.close();
  }

  @Test
  void everyRecordIsAStepOnceWhateverIsKilled() throws Exception {
    StreamLoad load = new StreamLoad("chaos", KEYS, STEPS, random);
    for (int i = 0; i < SERVERS; i++) {
      launch(SOON);
    }
    for (StreamProcess each : List.copyOf(alive)) {
      each.awaitJoined();
    }
    long begun = System.nanoTime();
    List<ProducerRecord<byte[], byte[]>> all = load.records();
    int events = KILLS + 1;
    int ofBroker = random.nextInt(events);
    for (int event = 0; event <= events; event++) {
      // So many at once that kills meet records under way.
      records.send(all.subList(share(all, event, events), share(all, event + 1, events)));
      if (event == ofBroker) {
        Thread.sleep(random.nextInt(700));
        broker.kill();
        broker.restart();
      } else if (event < events) {
        Thread.sleep(random.nextInt(700));
        replace();
      }
    }
    alive.get(alive.size() - 1).awaitJoined();
    load.assertAnswered(records, WAIT, alive.get(alive.size() - 1));
    // What a server has not committed yet would come now.
    StreamProcess last = alive.remove(0);
    for (StreamProcess each : alive) {
      each.terminate();
    }
    load.assertAnswered(records, WAIT, last);
    System.out.printf(
        "%d keys of %d records in %d s: %d servers killed, the broker killed once, %d rebalances,"
            + " %s%n",
        KEYS,
        STEPS,
        Duration.ofNanos(System.nanoTime() - begun).toSeconds(),
        KILLS,
        rebalances(),
        chosen);
  }

  private static int share(List<?> all, int part, int events) {
    return (int) ((long) all.size() * part / (events + 1));
  }

  /** Kills one of the servers and begins to start another. */
  private void replace() throws IOException, InterruptedException {
    if (alive.size() < SERVERS || random.nextBoolean()) {
      launch(SOON);
      alive.remove(random.nextInt(alive.size() - 1)).kill();
    } else {
      alive.remove(random.nextInt(alive.size())).kill();
      launch(SOON);
    }
    // One at least of those that were there before the last event is served by.
    alive.get(0).awaitJoined();
  }

  private int rebalances() throws IOException {
    int most = 0;
    for (StreamProcess each : started) {
      most = Math.max(most, each.generation());
    }
    return most;
  }

  /** A server that ends as it should hands over at once: no session or transaction runs out. */
  @Test
  void serverThatEndsCommitsAndLeavesTheRestToOthers() throws Exception {
    StreamLoad load = new StreamLoad("chaos", KEYS, STEPS, random);
    StreamProcess first = launch(NEVER);
    StreamProcess second = launch(NEVER);
    first.awaitJoined();
    second.awaitJoined();
    List<ProducerRecord<byte[], byte[]>> all = load.records();
    records.send(all.subList(0, all.size() / 2));
    first.terminate();
    assertThat(first.process().exitValue()).isEqualTo(128 + 15);
    records.send(all.subList(all.size() / 2, all.size()));
    load.assertAnswered(records, WAIT, second);
  }

  private StreamProcess launch(Duration patience) throws IOException {
    int number = started.size();
    int inFlight = 1 << random.nextInt(7);
    int standby = random.nextInt(2);
    chosen.add("in-flight " + inFlight);
    chosen.add("standby-replicas " + standby);
    Map<String, String> binding = StreamServer.topics("chaos", "lstm");
    binding.put("in-flight", "" + inFlight);
    List<String> options = new ArrayList<>(StreamServer.binding(0, binding));
    options.add("--keepgate.repository.path=" + folder.resolve("models"));
    Map<String, Object> streams =
        Map.of(
            "bootstrap-servers", broker.bootstrap(),
            "application-id", "chaos",
            "state-dir", folder.resolve("states-" + number),
            "standby-replicas", standby,
            "properties.session.timeout.ms", patience.toMillis(),
            "properties.heartbeat.interval.ms", 500,
            "properties.producer.transaction.timeout.ms", patience.toMillis());
    streams.forEach((name, value) -> options.add("--keepgate.streams." + name + "=" + value));
    StreamProcess process =
        StreamProcess.launch(folder.resolve("server-" + number + ".log"), options);
    started.add(process);
    alive.add(process);
    return process;
  }
}
