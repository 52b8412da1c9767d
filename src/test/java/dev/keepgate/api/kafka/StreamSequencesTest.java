package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaRecords;
import dev.keepgate.security.Role;
import dev.keepgate.security.TestKeys;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.KafkaStreams;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/** States are found on whichever server of a group has them, by those who may. */
class StreamSequencesTest {

  private static final String ROW = "{\"x\":[1,2,3,4,3,2]}";
  private static final long T = System.currentTimeMillis() - 1_000_000;
  private static final int KEYS = 24;

  private static final List<StreamServer> SERVERS = new ArrayList<>();
  private static KafkaRecords records;

  @BeforeAll
  static void start() throws Exception {
    StreamServer.createTopics(StreamServer.broker(), "shared", 6);
    String bootstrap = StreamServer.broker().bootstrap();
    records = new KafkaRecords(bootstrap);
    List<String> keys = new ArrayList<>();
    TestKeys.use((name, value) -> keys.add("--" + name + "=" + value.get()));
    keys.removeIf(each -> each.startsWith("--keepgate.repository.path"));
    for (int i = 0; i < 2; i++) {
      int port = freePort();
      List<String> arguments = new ArrayList<>(keys);
      arguments.addAll(StreamServer.binding(0, StreamServer.topics("shared", "notebook-cell")));
      arguments.add("--server.port=" + port);
      arguments.add("--keepgate.streams.peer-url=http://127.0.0.1:" + port);
      SERVERS.add(StreamServer.start(bootstrap, "sequences-test", arguments));
    }
    Awaitility.await("partitions on both")
        .atMost(Duration.ofMinutes(1))
        .until(() -> SERVERS.stream().allMatch(StreamSequencesTest::hasPartitions));
  }

  @AfterAll
  static void stop() throws Exception {
    for (StreamServer server : SERVERS) {
      server.close();
    }
    records.close();
  }

  private static int freePort() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static boolean hasPartitions(StreamServer server) {
    KafkaStreams streams = server.bean(StreamsApplication.class).streams();
    return streams != null
        && streams.state() == KafkaStreams.State.RUNNING
        && streams.metadataForLocalThreads().stream()
            .anyMatch(each -> !each.activeTasks().isEmpty());
  }

  private static ProducerRecord<byte[], byte[]> row(String topic, String key, long time) {
    return KafkaRecords.record(
        topic,
        key.getBytes(StandardCharsets.UTF_8),
        ROW.getBytes(StandardCharsets.UTF_8),
        time,
        Map.of());
  }

  private static HttpResponse<String> get(
      StreamServer server, String path, @Nullable Role role, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    if (role != null) {
      request.header("X-Api-Key", TestKeys.text(role));
    }
    return server.send(headers.length == 0 ? request : request.headers(headers));
  }

  /** The keys that a server has itself. */
  private static Set<String> own(StreamServer server, List<String> ids) {
    Set<String> own = new TreeSet<>(ids);
    own.removeIf(id -> server.bean(StreamSequences.class).find(id) == null);
    return own;
  }

  private static double requests(StreamServer server) {
    return server.bean(MeterRegistry.class).find("keepgate.security.requests").counters().stream()
        .mapToDouble(each -> each.count())
        .sum();
  }

  @Test
  void stateIsFoundOnWhicheverServerHasIt() throws Exception {
    List<String> ids = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      ids.add("shared:pump " + key);
      sent.add(row("shared-in", "pump " + key, T + key));
    }
    records.send(sent);
    records.collect("shared-out", KEYS);
    Awaitility.await("each key on one of the servers")
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(own(SERVERS.get(0), ids).size() + own(SERVERS.get(1), ids).size())
                    .isEqualTo(KEYS));
    assertThat(SERVERS).noneMatch(server -> own(server, ids).isEmpty());
    for (StreamServer server : SERVERS) {
      for (String id : ids) {
        HttpResponse<String> found = get(server, path(id), Role.INFER);
        assertThat(found.statusCode()).as("%s: %s", id, found.body()).isEqualTo(200);
        var state = StreamServer.JSON.readTree(found.body());
        assertThat(state.get("id").asString()).isEqualTo(id);
        assertThat(state.get("step").asInt()).isEqualTo(1);
      }
      assertThat(requests(server)).isPositive();
    }
    assertCredentialsAreAskedFor(own(SERVERS.get(1), ids).iterator().next());
  }

  private static String path(String id) {
    return "/v1/sequences/" + id.replace(" ", "%20");
  }

  /**
   * @param id of a state that the second server has
   */
  private static void assertCredentialsAreAskedFor(String id) throws Exception {
    StreamServer first = SERVERS.get(0);
    StreamServer second = SERVERS.get(1);
    assertThat(get(first, path(id), null).statusCode()).isEqualTo(401);
    assertThat(get(first, path(id), Role.OBSERVE).statusCode()).isEqualTo(403);
    HttpResponse<String> bearer =
        get(first, path(id), null, "Authorization", "Bearer " + TestKeys.text(Role.INFER));
    assertThat(bearer.statusCode()).isEqualTo(200);
    HttpResponse<String> binary =
        get(first, path(id), Role.INFER, "Accept", "application/vnd.safetensors");
    assertThat(binary.statusCode()).isEqualTo(200);
    assertThat(binary.headers().firstValue("Content-Type")).hasValue("application/vnd.safetensors");
    // A server that is asked by another asks nobody.
    assertThat(get(first, path(id), Role.INFER, "Keepgate-Relayed", "1").statusCode())
        .isEqualTo(404);
    double before = requests(second);
    assertThat(get(first, path("shared:nobody"), Role.INFER).statusCode()).isEqualTo(404);
    assertThat(requests(second) - before).isEqualTo(1);
    // What is no binding's is asked of nobody.
    assertThat(get(first, path("other:nobody"), Role.INFER).statusCode()).isEqualTo(404);
    assertThat(requests(second) - before).isEqualTo(1);
  }

  @Test
  void restartedServerGoesOnWhereItWas() throws Exception {
    StreamServer.createTopics(StreamServer.broker(), "again", 2);
    List<String> binding = StreamServer.binding(0, StreamServer.topics("again", "notebook-cell"));
    String bootstrap = StreamServer.broker().bootstrap();
    StreamServer first = StreamServer.start(bootstrap, "again-test", binding);
    sendToAll("again-in", 0, 2);
    records.collect("again-out", 2 * KEYS);
    Path folder = first.stop();
    StreamServer kept = StreamServer.start(folder, bootstrap, "again-test", binding);
    sendToAll("again-in", 2, 3);
    assertSteps(records.collect("again-out", 3 * KEYS), 3);
    assertThat(restored(kept)).isZero();
    kept.stop();
    assertThat(FileSystemUtils.deleteRecursively(folder.resolve("states"))).isTrue();
    try (StreamServer lost = StreamServer.start(folder, bootstrap, "again-test", binding)) {
      sendToAll("again-in", 3, 4);
      assertSteps(records.collect("again-out", 4 * KEYS), 4);
      assertThat(restored(lost)).isGreaterThanOrEqualTo(KEYS);
    }
  }

  private static void sendToAll(String topic, int from, int to) {
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int step = from; step < to; step++) {
      for (int key = 0; key < KEYS; key++) {
        sent.add(row(topic, "pump " + key, T + step));
      }
    }
    records.send(sent);
  }

  private static double restored(StreamServer server) {
    return server.bean(MeterRegistry.class).get("keepgate.stream.restored").counter().count();
  }

  /** Every key took so many steps, in their order. */
  private static void assertSteps(List<ConsumerRecord<byte[], byte[]>> answers, int steps) {
    for (int key = 0; key < KEYS; key++) {
      String name = "pump " + key;
      List<String> own =
          answers.stream()
              .filter(each -> new String(each.key(), StandardCharsets.UTF_8).equals(name))
              .map(
                  each ->
                      new String(
                          KafkaRecords.headers(each).get("keepgate.step"), StandardCharsets.UTF_8))
              .toList();
      List<String> expected = new ArrayList<>();
      for (int step = 1; step <= steps; step++) {
        expected.add(Integer.toString(step));
      }
      assertThat(own).as(name).isEqualTo(expected);
    }
  }
}
