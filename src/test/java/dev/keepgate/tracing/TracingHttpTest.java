package dev.keepgate.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What a collector receives of requests over HTTP. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "management.opentelemetry.tracing.export.schedule-delay=50ms",
      // A request whose client says that it is sampled is, whatever this is.
      "management.tracing.sampling.probability=0"
    })
class TracingHttpTest implements OwnRepository {

  private static final TraceCollector COLLECTOR = TraceCollector.start();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String STEP = "{\"x\": [1, 2, 3, 4, 3, 2]}";

  private final Random random = new Random();
  private final String trace = hex(16);
  private final String caller = hex(8);

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void collector(DynamicPropertyRegistry registry) {
    registry.add("management.opentelemetry.tracing.export.otlp.endpoint", COLLECTOR::endpoint);
  }

  @AfterAll
  static void stop() {
    COLLECTOR.close();
  }

  private String hex(int bytes) {
    byte[] id = new byte[bytes];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private HttpResponse<String> post(String path, String body, boolean sampled) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:%d%s".formatted(port, path)))
            .header("Content-Type", "application/json")
            .header("traceparent", "00-%s-%s-0%d".formatted(trace, caller, sampled ? 1 : 0))
            .POST(BodyPublishers.ofString(body))
            .build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  /** The spans of this test's trace, once those are there that it waits for. */
  private List<Span> spans(Predicate<List<Span>> complete) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> COLLECTOR.spans(trace), complete);
  }

  private static Predicate<List<Span>> isThere(String name) {
    return spans -> spans.stream().anyMatch(span -> span.getName().equals(name));
  }

  private static Span named(List<Span> spans, String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  private static Map<String, String> attributes(Span span) {
    return TraceCollector.attributes(span.getAttributesList());
  }

  @Test
  void stepIsBelowItsRequestWhichIsBelowItsCaller() throws Exception {
    assertThat(post("/v1/models/notebook-cell/step", STEP, true).statusCode()).isEqualTo(200);
    List<Span> spans =
        spans(isThere("http post /v1/models/{model}/step").and(isThere("inference step")));
    Span request = named(spans, "http post /v1/models/{model}/step");
    assertThat(TraceCollector.hex(request.getParentSpanId())).isEqualTo(caller);
    Span inference = named(spans, "inference step");
    assertThat(inference.getParentSpanId()).isEqualTo(request.getSpanId());
    assertThat(attributes(inference))
        .containsEntry("keepgate.model", "notebook-cell")
        .containsEntry("keepgate.model.version", "1")
        .containsEntry("keepgate.operation", "step")
        .containsEntry("keepgate.outcome", "success")
        .containsEntry("keepgate.rows", "1")
        .containsEntry("keepgate.steps", "1");
    long from = inference.getStartTimeUnixNano();
    long to = inference.getEndTimeUnixNano();
    for (String stage : List.of("read", "queue", "compute", "write")) {
      Span part = named(spans, stage);
      assertThat(part.getParentSpanId()).as(stage).isEqualTo(inference.getSpanId());
      // Clocks of two kinds: the parts' are the wall's.
      long slack = Duration.ofMillis(50).toNanos();
      assertThat(part.getStartTimeUnixNano()).as(stage).isGreaterThan(from - slack);
      assertThat(part.getEndTimeUnixNano())
          .as(stage)
          .isBetween(part.getStartTimeUnixNano(), to + slack);
    }
    assertThat(COLLECTOR.services()).contains("keepgate");
  }

  @Test
  void stepOfASequenceAsksTheStore() throws Exception {
    String id = "trace-" + trace;
    String open = "{\"id\": \"%s\"}".formatted(id);
    assertThat(post("/v1/models/notebook-cell/sequences", open, false).statusCode()).isEqualTo(201);
    assertThat(post("/v1/sequences/" + id + "/step", STEP, true).statusCode()).isEqualTo(200);
    List<Span> spans = spans(isThere("store"));
    assertThat(named(spans, "store").getParentSpanId())
        .isEqualTo(named(spans, "inference step").getSpanId());
  }

  @Test
  void refusedRequestSaysSo() throws Exception {
    String tooWide = "{\"x\": [1, 2]}";
    assertThat(post("/v1/models/notebook-cell/step", tooWide, true).statusCode()).isEqualTo(400);
    Span inference = named(spans(isThere("inference step")), "inference step");
    assertThat(attributes(inference))
        .containsEntry("keepgate.outcome", "error")
        .doesNotContainKey("keepgate.rows");
  }

  /** From a slow bucket of a dashboard to a request that was in it. */
  @Test
  void metersNameATraceOfTheirs() throws Exception {
    assertThat(post("/v1/models/notebook-cell/step", STEP, true).statusCode()).isEqualTo(200);
    HttpRequest scrape =
        HttpRequest.newBuilder(
                URI.create("http://localhost:%d/actuator/prometheus".formatted(port)))
            .header("Accept", "application/openmetrics-text")
            .build();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(CLIENT.send(scrape, BodyHandlers.ofString()).body())
                    .containsPattern(
                        "keepgate_requests_seconds_bucket\\{.*# \\{.*trace_id=\"" + trace));
  }

  @Test
  void whatIsNotSampledIsNotSent() throws Exception {
    assertThat(post("/v1/models/notebook-cell/step", STEP, false).statusCode()).isEqualTo(200);
    assertThat(post("/v1/models/notebook-stacked/step", STEP, true).statusCode()).isEqualTo(200);
    List<Span> spans = spans(isThere("inference step"));
    assertThat(spans).noneMatch(span -> attributes(span).containsValue("notebook-cell"));
  }
}
