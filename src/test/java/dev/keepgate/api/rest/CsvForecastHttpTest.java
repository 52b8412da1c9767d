package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Histories that are files of CSV. */
class CsvForecastHttpTest extends CsvTest {

  private JsonNode forecast(String model, ObjectNode body) throws Exception {
    HttpResponse<byte[]> response = postJson(model + "/forecast", body.toString());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return json(response).path("forecast");
  }

  private static ObjectNode history(double[][] rows, int from, int to, int horizon) {
    ObjectNode body = JSON.createObjectNode().put("horizon", horizon);
    body.set("history", json(rows, from, to));
    return body;
  }

  @Test
  void aFileMayBeAHistory() throws Exception {
    double[][] rows = randomRows(2600, 2);
    List<String[]> lines = ask(pair() + "/forecast?horizon=7", "a,b\n" + csv(rows));
    JsonNode expected = forecast(pair(), history(rows, 0, rows.length, 7));
    assertThat(lines.get(0)).containsExactly("step", "output_0", "output_1");
    assertThat(lines).hasSize(8);
    for (int step = 0; step < 7; step++) {
      assertThat(lines.get(step + 1)[0]).isEqualTo("" + (step + 1));
      assertNumbers(lines.get(step + 1), 1, expected.get(step));
    }
    assertProblem(post(pair() + "/forecast", "a,b\n1,2\n"), 400, "invalid-input", "?horizon");
    assertProblem(
        post(pair() + "/forecast?horizon=10001", "a,b\n1,2\n"), 400, "invalid-input", "/horizon");
    assertProblem(post(pair() + "/forecast?horizon=3", "a,b\n"), 400, "invalid-input", "");
  }

  @ParameterizedTest
  @CsvSource({"forecast-stateful, model.pt, 2", "forecast-window, model.keras, 1"})
  void everySeriesOfAFileHasItsForecast(String folder, String file, int width) throws Exception {
    String model = serve("csv-" + folder, folder, file, "{}");
    int count = 700;
    double[][][] rows = new double[count][][];
    StringBuilder together = new StringBuilder("s,x,y\n".substring(0, 2 + 2 * width - 1) + "\n");
    for (int i = 0; i < count; i++) {
      rows[i] = randomRows(10 + i % 7, width);
    }
    for (int line = 0; line < 17; line++) {
      for (int i = 0; i < count; i++) {
        if (line < rows[i].length) {
          together.append("series ").append(i);
          Arrays.stream(rows[i][line]).forEach(value -> together.append(',').append(value));
          together.append('\n');
        }
      }
    }
    List<String[]> lines = ask(model + "/forecast?sequence=s&horizon=3", together.toString());
    assertThat(lines).hasSize(1 + 3 * count);
    assertThat(lines.get(0)).startsWith("s", "step", "output_0");
    for (int i = 0; i < count; i += 97) {
      JsonNode expected = forecast(model, history(rows[i], 0, rows[i].length, 3));
      for (int step = 0; step < 3; step++) {
        String[] line = lines.get(1 + 3 * i + step);
        assertThat(line).startsWith("series " + i, "" + (step + 1));
        assertNumbers(line, 2, expected.get(step));
      }
    }
  }

  @Test
  void linesWithoutTheTargetAreKnownAhead() throws Exception {
    String model = "/v1/models/csv-known";
    Path file = Path.of("src/test/resources/golden-scalers/scaler-standardscaler/model.keras");
    String config =
        "{\"features\": [\"load\", \"temp\", \"hour\", \"day\", \"u\", \"v\"], \"targets\": [\"load\"]}";
    HttpResponse<byte[]> put = upload("csv-known", List.of(file), config);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    JsonNode shape = json(send(request("GET", model, null))).path("inputs").path(0).path("shape");
    assertThat(shape.path(2).asInt()).isEqualTo(6);
    double[][] rows = randomRows(60, 6);
    double[][] ahead = randomRows(4, 6);
    ObjectNode body = history(rows, 0, rows.length, 4);
    ArrayNode future = body.putArray("future");
    StringBuilder known = new StringBuilder();
    for (double[] row : ahead) {
      ArrayNode columns = future.addArray();
      Arrays.stream(row).skip(1).forEach(columns::add);
      Arrays.stream(row).skip(1).forEach(value -> known.append(',').append(value));
      known.append('\n');
    }
    JsonNode expected = forecast(model, body);
    String header = "load,temp,hour,day,u,v\n";
    for (String query : List.of("", "?horizon=4", "?missing=zero")) {
      List<String[]> lines = ask(model + "/forecast" + query, header + csv(rows) + known);
      assertThat(lines.get(0)).containsExactly("step", "load");
      for (int step = 0; step < 4; step++) {
        assertNumbers(lines.get(step + 1), 1, expected.get(step));
      }
    }
    assertProblem(
        post(model + "/forecast?horizon=5", header + csv(rows) + known), 400, "invalid-input", "");
    assertProblem(
        post(model + "/forecast", header + csv(rows) + known + "1,2,3,4,5,6\n"),
        400,
        "invalid-input",
        "line 66");
    assertProblem(
        post(model + "/forecast", header + csv(rows) + ",1,,2,3,4\n"),
        400,
        "invalid-input",
        "line 62, column 'hour'");
  }
}
