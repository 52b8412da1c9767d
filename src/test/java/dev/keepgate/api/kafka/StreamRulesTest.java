package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.KafkaRecords;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of records that do not come in their turn, or are none. */
class StreamRulesTest {

  private static final String ROW = "{\"x\":[1,2,3,4,3,2]}";
  private static final long T = System.currentTimeMillis() - 10_000_000;
  private static final List<String> BINDINGS =
      List.of("plain", "many", "step", "skip", "dead", "hostile", "ahead", "small");

  private static StreamServer server;
  private static KafkaRecords records;

  @BeforeAll
  static void start() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--keepgate.streams.store-memory=16MB"));
    for (String name : BINDINGS) {
      StreamServer.createTopics(StreamServer.broker(), name, 1);
      // Brokers take no such timestamps, unless they are told to.
      StreamServer.configure(name + "-in", "message.timestamp.after.max.ms", "" + Long.MAX_VALUE);
      Map<String, String> settings = StreamServer.topics(name, "notebook-cell");
      settings.put("ttl", "10s");
      if (List.of("step", "skip").contains(name)) {
        settings.put("late", name);
        settings.put("repeated", name);
      } else if (name.equals("dead")) {
        settings.put("repeated", "dead-letter");
      }
      arguments.addAll(StreamServer.binding(BINDINGS.indexOf(name), settings));
    }
    String bootstrap = StreamServer.broker().bootstrap();
    records = new KafkaRecords(bootstrap);
    server = StreamServer.start(bootstrap, "rules-test", arguments);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    records.close();
  }

  private static void send(String binding, String key, @Nullable String value, long time) {
    send(binding, key.getBytes(StandardCharsets.UTF_8), bytes(value), time);
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static void send(
      String binding, byte @Nullable [] key, byte @Nullable [] value, long time) {
    records.send(KafkaRecords.record(binding + "-in", key, value, time, Map.of()));
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    byte[] value = KafkaRecords.headers(record).get("keepgate." + name);
    return value == null ? "" : new String(value, StandardCharsets.UTF_8);
  }

  /** The numbers of the steps that a key's answers are. */
  private static List<String> steps(String binding, String key, int atLeast) {
    return records.collect(binding + "-out", atLeast).stream()
        .filter(each -> new String(each.key(), StandardCharsets.UTF_8).equals(key))
        .map(each -> header(each, "step"))
        .toList();
  }

  private static Map<Long, String> reasons(String binding, int atLeast) {
    Map<Long, String> reasons = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> each : records.collect(binding + "-dead", atLeast)) {
      reasons.put(Long.parseLong(header(each, "offset")), header(each, "reason"));
    }
    return reasons;
  }

  /** A record after all others, whose answer says that they were taken care of. */
  private static int marker(String binding, int answersSoFar, long time) {
    send(binding, "marker", ROW, time);
    return answersSoFar + 1;
  }

  @Test
  void tombstoneAndTimeToLiveBeginAnew() throws Exception {
    send("plain", "k", ROW, T);
    send("plain", "k", ROW, T + 1000);
    send("plain", "k", null, T + 1001);
    send("plain", "k", ROW, T + 1002);
    // As long as it lives it goes on, and not any longer.
    send("plain", "k", ROW, T + 11_002);
    send("plain", "k", ROW, T + 21_003);
    assertThat(steps("plain", "k", 5)).containsExactly("1", "2", "1", "2", "1");
    // The partition's time ends others' sequences, and the same key goes on anew.
    send("plain", "other", ROW, T + 21_003);
    send("plain", "k", ROW, T + 40_000);
    send("plain", "other", ROW, T + 30_500);
    assertThat(steps("plain", "other", 8)).containsExactly("1", "1");
  }

  @ParameterizedTest
  @CsvSource({"step, 1 2 3 4 5 6, ''", "skip, 1 2, ''", "dead, 1 2, repeated late"})
  void lateAndRepeatedGoWhereTheBindingSays(String binding, String expected, String dead)
      throws Exception {
    send(binding, "k", ROW, T);
    send(binding, "k", ROW, T + 100);
    send(binding, "k", ROW, T + 100);
    send(binding, "k", ROW, T + 50);
    if (binding.equals("step")) {
      // Older than a sequence lives, and yet the sequence is no older.
      send(binding, "k", ROW, T - 20_000);
      send(binding, "k", ROW, T + 150);
    }
    List<String> steps = List.of(expected.split(" "));
    int all = marker(binding, steps.size(), T + 200);
    assertThat(steps(binding, "k", all)).isEqualTo(steps);
    if (!dead.isEmpty()) {
      assertThat(reasons(binding, 2))
          .isEqualTo(Map.of(2L, dead.split(" ")[0], 3L, dead.split(" ")[1]));
    }
    assertThat(metric("keepgate_stream_records_total", binding, "late"))
        .isEqualTo(binding.equals("skip") ? 1 : 0);
    assertThat(metric("keepgate_stream_records_total", binding, "repeated"))
        .isEqualTo(binding.equals("skip") ? 1 : 0);
  }

  private static double metric(String name, String binding, String of) throws Exception {
    return server
        .get("/actuator/prometheus")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{"))
        .filter(line -> line.contains("binding=\"" + binding + "\""))
        .filter(line -> line.contains("=\"" + of + "\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void whatIsNoReadingGoesToTheDeadLetters() throws Exception {
    byte[] huge = new byte[900_000];
    Arrays.fill(huge, (byte) '1');
    send("hostile", (byte[]) null, bytes(ROW), T);
    send("hostile", bytes("k"), huge, T);
    send("hostile", "k", "{\"x\":[1,2,3]}", T);
    send("hostile", "k", "{\"x\":[1,2,3,4,3,NaN]}", T);
    send("hostile", "k", "{\"x\":[1,2,3,4,3,1e60]}", T);
    send("hostile", "k", "", T);
    send("hostile", new byte[0], bytes(ROW), T);
    send("hostile", "k", "[".repeat(10_000), T);
    send("hostile", "k", ROW, T);
    send("hostile", "nobody", null, T);
    int all = marker("hostile", 1, T);
    assertThat(steps("hostile", "k", all)).containsExactly("1");
    Map<Long, String> reasons = reasons("hostile", 8);
    assertThat(reasons.keySet()).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
    assertThat(reasons).containsEntry(0L, "key").containsEntry(1L, "too-large");
    assertThat(reasons).containsEntry(6L, "key");
    for (ConsumerRecord<byte[], byte[]> each : records.collect("hostile-dead", 8)) {
      assertThat(header(each, "topic")).isEqualTo("hostile-in");
      assertThat(header(each, "partition")).isEqualTo("0");
      assertThat(header(each, "detail")).isNotBlank();
      if (header(each, "reason").equals("too-large")) {
        assertThat(header(each, "value-bytes")).isEqualTo("900000");
        assertThat(each.value().length).isLessThan(100_000);
      }
    }
    assertThat(metric("keepgate_stream_dead_letters_total", "hostile", "key")).isEqualTo(2);
  }

  /** A clock that is wrong ends nobody's sequence. */
  @Test
  void timestampFarAheadMovesNoTime() throws Exception {
    send("ahead", "k", ROW, T);
    send("ahead", "broken", ROW, System.currentTimeMillis() + 30L * 24 * 3600 * 1000);
    send("ahead", "k", ROW, T + 1000);
    assertThat(steps("ahead", "k", 2)).containsExactly("1", "2");
    assertThat(reasons("ahead", 1)).isEqualTo(Map.of(1L, "timestamp"));
  }

  /** Whose answer its topic does not take: the sequence stays where it was. */
  @Test
  void answerThatItsTopicDoesNotTakeIsADeadLetter() throws Exception {
    // The topic is made smaller while the stream runs, which is learnt by failing.
    send("small", "k", ROW, T);
    assertThat(steps("small", "k", 1)).containsExactly("1");
    StreamServer.configure("small-out", "max.message.bytes", "150");
    send("small", "k", ROW, T + 1);
    assertThat(reasons("small", 1)).isEqualTo(Map.of(1L, "too-large"));
  }

  @Test
  void storesOfAllPartitionsShareOneMemory() {
    // Each tells the size and the use of the cache that it has its part of.
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(metrics("block-cache-capacity"))
                    .hasSize(BINDINGS.size())
                    .containsOnly(BigInteger.valueOf(16 << 20)));
    // What one binding's records take of it, all tell: caches of their own would differ.
    for (int i = 0; i < 100; i++) {
      send("many", "key-" + i, ROW, T + 40_000);
    }
    records.collect("many-out", 100);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(Set.copyOf(metrics("block-cache-usage")))
                    .hasSize(1)
                    .first(InstanceOfAssertFactories.BIG_INTEGER)
                    .isPositive());
  }

  private static List<Object> metrics(String name) {
    return Objects.requireNonNull(server.bean(StreamsApplication.class).streams())
        .metrics()
        .values()
        .stream()
        .filter(each -> each.metricName().name().equals(name))
        .<Object>map(each -> each.metricValue())
        .toList();
  }

  @Test
  void stateIsFoundByItsId() throws Exception {
    send("plain", "found", ROW, T + 40_000);
    records.collect("plain-out", 1);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(server.get("/v1/sequences/plain:found").statusCode()).isEqualTo(200));
    var state = StreamServer.JSON.readTree(server.get("/v1/sequences/plain:found").body());
    assertThat(state.get("id").asString()).isEqualTo("plain:found");
    assertThat(state.get("step").asInt()).isEqualTo(1);
    var alone = server.post("/v1/models/notebook-cell/step", ROW);
    for (int unit = 0; unit < 4; unit++) {
      assertThat(state.get("state").get("h").get(0).get(unit).asDouble())
          .isCloseTo(alone.get("output").get(unit).asDouble(), within(1e-6));
    }
    assertThat(server.get("/v1/sequences/plain:nobody").statusCode()).isEqualTo(404);
    assertThat(server.get("/v1/sequences/nothing:found").statusCode()).isEqualTo(404);
  }
}
