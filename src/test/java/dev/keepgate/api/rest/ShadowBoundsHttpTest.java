package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.GoldenCase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** What shadows may take: what finds no room is dropped and counted, and nobody waits for it. */
@TestPropertySource(
    properties = {
      "keepgate.batch.workers=1",
      "keepgate.shadow.max-queued=2",
      "keepgate.shadow.max-memory=64KB",
      "keepgate.shadow.max-sequences=2",
      "keepgate.shadow.max-wait=100ms"
    })
class ShadowBoundsHttpTest extends ServerTest {

  private static final Path CELL_FILE =
      Path.of("src/test/resources/golden/notebook-cell/model.npz");
  private static final String ROW = "{\"x\": [[1,2,3,4,3,2]]}";

  @Autowired private MeterRegistry meters;

  private void serveWithShadow(String model) throws Exception {
    for (int version = 1; version <= 2; version++) {
      List<FormPart> parts =
          List.of(
              new FormPart("file", "model.npz", Files.readAllBytes(CELL_FILE)),
              new FormPart("config", null, "{}".getBytes(StandardCharsets.UTF_8)));
      HttpResponse<byte[]> put =
          form("PUT", "/v1/models/%s/versions/%d".formatted(model, version), parts);
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    shadow(model);
  }

  /** Labels version 1 stable, and version 2 its shadow. */
  private void shadow(String model) throws Exception {
    for (Map.Entry<String, String> label :
        Map.of("stable", "{\"version\": 1}", "next", "{\"version\": 2, \"shadow\": 1}")
            .entrySet()) {
      HttpResponse<byte[]> put =
          send(
              HttpRequest.newBuilder(
                      uri("/v1/models/%s/labels/%s".formatted(model, label.getKey())))
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString(label.getValue())));
      assertThat(put.statusCode()).as(text(put)).isEqualTo(200);
    }
  }

  private JsonNode ask(String path, String body) throws Exception {
    HttpResponse<byte[]> answer = postJson(path, body);
    assertThat(answer.statusCode()).as(text(answer)).isBetween(200, 201);
    return json(answer);
  }

  private Map<String, Integer> outcomes(String model) {
    Map<String, Integer> outcomes = new TreeMap<>();
    for (Counter each : meters.find("keepgate.shadow").tag("model", model).counters()) {
      outcomes.put(String.valueOf(each.getId().getTag("outcome")), (int) each.count());
    }
    outcomes.values().removeIf(count -> count == 0);
    return outcomes;
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }

  /** An outcome is counted before what its request held is given back. */
  private void awaitNoMemory() {
    Awaitility.await().until(() -> gauge("keepgate.shadow.memory") == 0);
  }

  @Test
  void overloadDropsWhatNobodyWaitsForAndNothingElse() throws Exception {
    serveWithShadow("shadow-overload");
    ExecutorService clients = Executors.newFixedThreadPool(8);
    List<Future<?>> running = new ArrayList<>();
    for (int client = 0; client < 8; client++) {
      running.add(
          clients.submit(
              () -> {
                for (int i = 0; i < 200; i++) {
                  ask("/v1/models/shadow-overload/step", ROW);
                }
                return null;
              }));
    }
    for (Future<?> each : running) {
      each.get();
    }
    clients.shutdown();
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        outcomes("shadow-overload").values().stream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isEqualTo(8 * 200));
    System.out.println("shadow-overload: " + outcomes("shadow-overload"));
    assertThat(outcomes("shadow-overload").keySet()).isSubsetOf("same", "dropped");
    assertThat(gauge("keepgate.shadow.queue")).isZero();
    awaitNoMemory();
  }

  @Test
  void requestThatIsLargerThanAllMemoryIsDropped() throws Exception {
    serveWithShadow("shadow-large");
    String row = "[1,2,3,4,3,2]";
    ask(
        "/v1/models/shadow-large/unroll",
        "{\"x\": [" + (row + ",").repeat(2999) + row + "], \"return_sequences\": false}");
    Awaitility.await()
        .untilAsserted(() -> assertThat(outcomes("shadow-large")).isEqualTo(Map.of("dropped", 1)));
    ask("/v1/models/shadow-large/step", ROW);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(outcomes("shadow-large")).isEqualTo(Map.of("dropped", 1, "same", 1)));
    awaitNoMemory();
  }

  /** Of three sequences, the one that was stepped longest ago goes. */
  @Test
  void sequenceThatMadeRoomIsNotComparedAnyMore() throws Exception {
    serveWithShadow("shadow-many");
    List<String> ids = new ArrayList<>();
    int asked = 0;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 3; i++) {
        if (round == 0) {
          ids.add(ask("/v1/models/shadow-many/sequences", "{}").get("id").asString());
        }
        ask("/v1/sequences/" + ids.get(i) + "/step", ROW);
        asked++;
        int expected = asked;
        Awaitility.await()
            .until(
                () ->
                    outcomes("shadow-many").values().stream().mapToInt(Integer::intValue).sum()
                        == expected);
      }
    }
    assertThat(outcomes("shadow-many")).isEqualTo(Map.of("same", 5, "unfollowed", 1));
    assertThat(gauge("keepgate.shadow.sequences")).isEqualTo(2);
    for (String id : ids) {
      assertThat(send(request("DELETE", "/v1/sequences/" + id, null)).statusCode()).isEqualTo(204);
      // An end that finds the queue full is not told: the state would stay until it expires.
      Awaitility.await().until(() -> gauge("keepgate.shadow.queue") == 0);
    }
    Awaitility.await().until(() -> gauge("keepgate.shadow.sequences") == 0);
    awaitNoMemory();
  }

  /** It holds its worker to its end, so it is only begun where others remain: there is one here. */
  @Test
  void wholeModelIsDroppedAtOnceOnOne() throws Exception {
    GoldenCase golden = GoldenCase.read("pytorch-bidirectional");
    for (int version = 1; version <= 2; version++) {
      HttpResponse<byte[]> put =
          form(
              "PUT",
              "/v1/models/shadow-whole/versions/" + version,
              List.of(
                  new FormPart(
                      "file", "model.safetensors", Files.readAllBytes(golden.file(".safetensors"))),
                  new FormPart(
                      "config",
                      null,
                      golden.config().toString().getBytes(StandardCharsets.UTF_8))));
      assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    }
    shadow("shadow-whole");
    String row = "[1,2,3,4,5,6,7]";
    ask("/v1/models/shadow-whole/unroll", "{\"x\": [[" + row + "," + row + "]]}");
    Awaitility.await()
        .untilAsserted(() -> assertThat(outcomes("shadow-whole")).isEqualTo(Map.of("dropped", 1)));
  }
}
