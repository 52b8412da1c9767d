package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.memory.RequestMemory;
import java.net.http.HttpResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** An export holds memory in flight, as every answer does. */
@TestPropertySource(properties = "keepgate.batch.full-queue-wait=50ms")
class ExportMemoryHttpTest extends ServerTest {

  @Autowired private InFlightMemory memory;

  private HttpResponse<byte[]> export(String id, String accept) throws Exception {
    return send(request("GET", "/v1/sequences/" + id, null).header("Accept", accept));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "application/vnd.safetensors"})
  void exportWaitsForMemoryAndGivesItBack(String accept) throws Exception {
    String id = "export-" + accept.length();
    postJson("/v1/models/notebook-cell/sequences", "{\"id\": \"%s\"}".formatted(id));
    try (RequestMemory all = memory.open()) {
      assertThat(all.tryTake(memory.requestTotal() - memory.requestUsed())).isTrue();
      assertThat(export(id, accept).statusCode()).isEqualTo(429);
    }
    assertThat(export(id, accept).statusCode()).isEqualTo(200);
    // The answer is read before what it held is given back.
    Awaitility.await().until(() -> memory.requestUsed() == 0);
  }
}
