package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** More work than the workers can take, and models that go while they compute. */
@TestPropertySource(
    properties = {
      "keepgate.batch.workers=1",
      "keepgate.batch.queue-capacity=1",
      "keepgate.batch.max-batch-rows=1",
      "keepgate.http.max-body=4MB",
      "keepgate.http.socket-buffer=1KB",
      "keepgate.inference.max-working-memory=64MB",
      "keepgate.inference.retry-after=7s",
      "keepgate.batch.full-queue-wait=1ms"
    })
class OverloadHttpTest extends ServerTest {

  private static final int STEPS = 50_000;
  private static final String LONG_BODY =
      "{\"x\": [" + "[1,2,3,4,3,2],".repeat(STEPS - 1) + "[1,2,3,4,3,2]]}";

  private final ExecutorService clients = Executors.newCachedThreadPool();

  @Test
  void fullQueueSaysWhenToComeAgain() throws Exception {
    List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      answers.add(clients.submit(() -> postJson("/v1/models/notebook-sequence/unroll", LONG_BODY)));
    }
    int served = 0;
    int refused = 0;
    for (Future<HttpResponse<byte[]>> answer : answers) {
      HttpResponse<byte[]> response = answer.get();
      if (response.statusCode() == 200) {
        served++;
      } else {
        assertProblem(response, 429, "queue-full");
        assertThat(response.headers().firstValue("Retry-After")).hasValue("7");
        refused++;
      }
    }
    assertThat(served).isPositive();
    assertThat(refused).isPositive();
    assertThat(postJson(CELL, CELL_BODY).statusCode()).isEqualTo(200);
  }

  @Test
  void modelThatIsDeletedFinishesWhatItComputes() throws Exception {
    serve("pytorch-2layer");
    String model = "/v1/models/pytorch-2layer";
    String x = "{\"x\": [" + "[1,2,3,4,3],".repeat(STEPS - 1) + "[1,2,3,4,3]]}";
    Future<HttpResponse<byte[]>> unroll = clients.submit(() -> postJson(model + "/unroll", x));
    String begun =
        "keepgate_stage_seconds_count{model=\"pytorch-2layer\",operation=\"unroll\",stage=\"read\"} 1";
    Awaitility.await()
        .until(() -> text(send(request("GET", "/actuator/prometheus", null))).contains(begun));
    assertThat(send(request("DELETE", model, null)).statusCode()).isEqualTo(204);
    assertProblem(postJson(model + "/step", "{\"x\": [1,2,3,4,3]}"), 404, "model-not-found");
    HttpResponse<byte[]> answer = unroll.get();
    assertThat(answer.statusCode()).as("status").isEqualTo(200);
    assertThat(json(answer).get("output").size()).isEqualTo(STEPS);
    serve("pytorch-2layer");
    assertThat(postJson(model + "/step", "{\"x\": [1,2,3,4,3]}").statusCode()).isEqualTo(200);
  }
}
