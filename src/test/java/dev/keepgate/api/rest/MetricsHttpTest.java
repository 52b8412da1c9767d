package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What the server tells of itself. */
class MetricsHttpTest extends ServerTest {

  private static final String TAGS = "{model=\"pytorch-nobias\",operation=\"%s\"%s}";

  private String scrape() throws Exception {
    HttpResponse<byte[]> response = send(request("GET", "/actuator/prometheus", null));
    assertThat(response.statusCode()).isEqualTo(200);
    return text(response);
  }

  /** A series' number; 0 where there is none yet. */
  private static double value(String scrape, String series) {
    Matcher line =
        Pattern.compile("^" + Pattern.quote(series) + " (\\S+)$", Pattern.MULTILINE)
            .matcher(scrape);
    return line.find() ? Double.parseDouble(line.group(1)) : 0;
  }

  private static double value(String scrape, String meter, String operation, String more) {
    return value(scrape, meter + TAGS.formatted(operation, more));
  }

  @Test
  void requestsAreCountedByModelAndOperation() throws Exception {
    serve("pytorch-nobias");
    String model = "/v1/models/pytorch-nobias";
    String before = scrape();
    for (int i = 0; i < 3; i++) {
      postJson(model + "/step", "{\"x\": [[1,2,3,4,5,6],[1,2,3,4,5,6]]}");
    }
    String row = "[1,2,3,4,5,6]";
    postJson(
        model + "/unroll",
        "{\"x\": [[%s,%s,%s],[%s,%s,%s]], \"lengths\": [3, 1]}"
            .formatted(row, row, row, row, row, row));
    postJson(model + "/step", "{\"x\": [1]}");
    String after = scrape();
    assertGrew(before, after, "keepgate_requests_seconds_count", "step", ",outcome=\"success\"", 3);
    assertGrew(before, after, "keepgate_requests_seconds_count", "step", ",outcome=\"error\"", 1);
    assertGrew(
        before, after, "keepgate_requests_seconds_count", "unroll", ",outcome=\"success\"", 1);
    assertGrew(before, after, "keepgate_steps_total", "step", "", 6);
    assertGrew(before, after, "keepgate_steps_total", "unroll", "", 4);
    for (String rows : List.of("keepgate_request_rows", "keepgate_batch_rows")) {
      assertGrew(before, after, rows + "_count", "step", "", 3);
      assertGrew(before, after, rows + "_sum", "step", "", 6);
    }
    assertThat(after).contains("keepgate_batch_size_count ", "keepgate_lane_rows_count ");
    for (String stage : new String[] {"queue", "compute", "write"}) {
      assertGrew(
          before, after, "keepgate_stage_seconds_count", "step", ",stage=\"" + stage + "\"", 3);
    }
    String errors = "keepgate_errors_total{slug=\"invalid-input\"}";
    assertThat(value(after, errors) - value(before, errors)).isEqualTo(1);
  }

  @Test
  void eachRequestOverHttpIsTimedOnce() throws Exception {
    String timer =
        "http_server_requests_seconds_count{error=\"none\",exception=\"none\",method=\"POST\","
            + "outcome=\"%s\",status=\"%d\",uri=\"%s\"}";
    String step = timer.formatted("SUCCESS", 200, "/v1/models/{model}/step");
    String wrong = timer.formatted("CLIENT_ERROR", 400, "/v1/models/{model}/step");
    String open = timer.formatted("SUCCESS", 201, "/v1/models/{model}/sequences");
    String before = scrape();
    for (int i = 0; i < 3; i++) {
      postJson("/v1/models/notebook-cell/step", CELL_BODY);
      postJson("/v1/models/notebook-cell/step", "{\"x\": [1]}");
      postJson("/v1/models/notebook-cell/sequences", "{}");
    }
    // An answer may be there before its request was timed.
    Awaitility.await()
        .untilAsserted(
            () -> {
              String after = scrape();
              for (String series : List.of(step, wrong, open)) {
                assertThat(value(after, series) - value(before, series)).as(series).isEqualTo(3);
              }
            });
  }

  private static void assertGrew(
      String before, String after, String meter, String operation, String more, int by) {
    assertThat(value(after, meter, operation, more) - value(before, meter, operation, more))
        .as("%s %s %s", meter, operation, more)
        .isEqualTo(by);
  }

  @Test
  void modelsAndTheirMemoryAreGauged() throws Exception {
    serve("pytorch-nobias");
    String before = scrape();
    assertThat(value(before, "keepgate_models{status=\"available\"}")).isGreaterThanOrEqualTo(4);
    assertThat(value(before, "keepgate_model_memory_bytes")).isPositive();
    assertThat(value(before, "keepgate_model_memory_budget_bytes")).isPositive();
    assertThat(value(before, "keepgate_model_loads_seconds_count{outcome=\"loaded\"}"))
        .isPositive();
    send(request("DELETE", "/v1/models/pytorch-nobias", null));
    String after = scrape();
    assertThat(value(after, "keepgate_model_memory_bytes"))
        .isLessThan(value(before, "keepgate_model_memory_bytes"));
  }

  @Test
  void whatIsBoundedIsThereBesideItsBound() throws Exception {
    postJson("/v1/models/notebook-cell/step", CELL_BODY);
    String scrape = scrape();
    for (String bound :
        List.of(
            "keepgate_workers",
            "keepgate_requests_admitted_limit",
            "keepgate_memory_in_flight_limit_bytes{side=\"answer\"}",
            "keepgate_sequences_limit",
            "keepgate_sequences_memory_limit_bytes",
            "keepgate_workers_busy_seconds_total")) {
      assertThat(value(scrape, bound)).as(bound).isPositive();
    }
    // There before the first of them, of however many the tests before made.
    for (String counted :
        List.of(
            "keepgate_errors_total{slug=\"queue-full\"} ",
            "keepgate_model_loads_seconds_count{outcome=\"rejected\"} ",
            "keepgate_repository_fault{fault=\"missing\"} 0.0",
            "keepgate_sequence_store_seconds_count{operation=\"usage\",outcome=\"success\"} ",
            "keepgate_stage_seconds_bucket{")) {
      assertThat(scrape).contains(counted);
    }
  }

  @Test
  void aModelsMetersGoWithIt() throws Exception {
    serve("pytorch-2layer");
    String model = "/v1/models/pytorch-2layer";
    postJson(model + "/step", "{\"x\": [1]}");
    assertThat(scrape()).contains("model=\"pytorch-2layer\"");
    send(request("DELETE", model, null));
    Awaitility.await("the meters' end").until(() -> !scrape().contains("model=\"pytorch-2layer\""));
  }

  @Test
  void clientsCannotMakeSeriesOfTheirOwn() throws Exception {
    postJson("/v1/models/never-heard-of/step", CELL_BODY);
    assertThat(scrape()).doesNotContain("never-heard-of");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/liveness", "/readiness"})
  void healthIsUp(String group) throws Exception {
    JsonNode health = json(send(request("GET", "/actuator/health" + group, null)));
    assertThat(health.get("status").asString()).isEqualTo("UP");
  }

  @Test
  void infoTellsTheBuild() throws Exception {
    JsonNode info = json(send(request("GET", "/actuator/info", null)));
    try (InputStream build = resource("/META-INF/build-info.properties")) {
      Assumptions.assumeTrue(build != null, "built by Maven");
      Properties properties = new Properties();
      properties.load(build);
      assertThat(info.at("/build/version").asString())
          .isEqualTo(properties.getProperty("build.version"));
    }
    try (InputStream git = resource("/git.properties")) {
      Assumptions.assumeTrue(git != null, "built from a git checkout");
      Properties properties = new Properties();
      properties.load(git);
      assertThat(
              properties.getProperty("git.commit.id.full", properties.getProperty("git.commit.id")))
          .startsWith(info.at("/git/commit/id").asString());
    }
  }

  private static InputStream resource(String name) {
    return MetricsHttpTest.class.getResourceAsStream(name);
  }
}
