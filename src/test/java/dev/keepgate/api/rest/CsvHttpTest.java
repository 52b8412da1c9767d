package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Files of rows: each door answers what the same readings are answered as JSON. */
class CsvHttpTest extends CsvTest {

  private static final String ROWS = "application/vnd.keepgate.rows+json";

  @Test
  void linesAreStepsAsInJson() throws Exception {
    double[][] rows = randomRows(2500, 2);
    List<String[]> lines = ask(bare() + "/unroll", csv(rows));
    JsonNode expected = unroll(bare(), json(rows, 0, rows.length), true);
    assertThat(lines).hasSize(rows.length);
    for (int i = 0; i < rows.length; i++) {
      assertThat(lines.get(i)).hasSize(2);
      assertNumbers(lines.get(i), 0, expected.get(i));
    }
  }

  @Test
  void readingsAreFoundByNameAndFurtherColumnsPassThrough() throws Exception {
    double[][] rows = randomRows(3, 2);
    String file =
        "\uFEFFtime,b,note,a\r\n"
            + IntStream.range(0, 3)
                .mapToObj(
                    i ->
                        "2026-01-0%d,%s,\"x, \"\"y\"\"\",%s\r\n"
                            .formatted(i + 1, rows[i][1], rows[i][0]))
                .collect(Collectors.joining());
    HttpResponse<byte[]> response = post(pair() + "/unroll", file);
    JsonNode expected = unroll(pair(), json(rows, 0, 3), true);
    List<String> lines = text(response).lines().toList();
    assertThat(lines.get(0)).isEqualTo("time,note,output_0,output_1");
    for (int i = 0; i < 3; i++) {
      String begin = "2026-01-0%d,\"x, \"\"y\"\"\",".formatted(i + 1);
      assertThat(lines.get(i + 1)).startsWith(begin);
      assertNumbers(lines.get(i + 1).substring(begin.length()).split(","), 0, expected.get(i));
    }
  }

  @Test
  void columnsMayBeNamedByTheRequestAndSeparatedOtherwise() throws Exception {
    double[][] rows = randomRows(2, 2);
    String file =
        "t;u;v\n1;%s;%s\n2;%s;%s\n".formatted(rows[0][1], rows[0][0], rows[1][1], rows[1][0]);
    HttpResponse<byte[]> response = post(bare() + "/unroll?columns=v,u&delimiter=%3B", file);
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    List<String> lines = text(response).lines().toList();
    assertThat(lines.get(0)).isEqualTo("t;output_0;output_1");
    assertNumbers(lines.get(2).split(";"), 1, unroll(bare(), json(rows, 0, 2), true).get(1));
  }

  @ParameterizedTest
  @CsvSource({"5, 1", "5, 3", "7, 9"})
  void windowsAreUnrollsOfTheirOwn(int window, int stride) throws Exception {
    double[][] rows = randomRows(600, 2);
    List<String[]> lines =
        ask(pair() + "/unroll?window=%d&stride=%d".formatted(window, stride), "a,b\n" + csv(rows));
    assertThat(lines.get(0)).containsExactly("row", "output_0", "output_1");
    int count = 0;
    for (int last = window - 1; last < rows.length; last += stride) {
      String[] line = lines.get(++count);
      assertThat(line[0]).isEqualTo("" + last);
      if (random.nextInt(20) == 0 || last < 20) {
        assertNumbers(line, 1, unroll(pair(), json(rows, last - window + 1, last + 1), false));
      }
    }
    assertThat(lines).hasSize(count + 1);
  }

  @ParameterizedTest
  @CsvSource({"''", "&window=4&stride=2"})
  void seriesOfAFileAreEachTheirOwn(String query) throws Exception {
    int count = 3000;
    double[][] rows = randomRows(count, 2);
    String[] names = new String[count];
    List<StringBuilder> alone = new ArrayList<>();
    IntStream.range(0, 40).forEach(i -> alone.add(new StringBuilder("a,b\n")));
    StringBuilder together = new StringBuilder("series,a,b\n");
    for (int i = 0; i < count; i++) {
      // Some come often, some seldom.
      int series = (int) (40 * Math.pow(random.nextDouble(), 3));
      names[i] = "s" + series;
      String line = "%s,%s\n".formatted(rows[i][0], rows[i][1]);
      together.append(names[i]).append(',').append(line);
      alone.get(series).append(line);
    }
    List<String[]> lines = ask(pair() + "/unroll?sequence=series" + query, together.toString());
    for (int series = 0; series < alone.size(); series++) {
      String name = "s" + series;
      HttpResponse<byte[]> response =
          post(pair() + "/unroll?missing=zero" + query, alone.get(series).toString());
      if (response.statusCode() == 400) {
        assertThat(lines).noneMatch(line -> line[0].equals(name));
        continue;
      }
      List<String[]> own = lines(response);
      List<String[]> found = lines.stream().filter(line -> line[0].equals(name)).toList();
      int from = query.isEmpty() ? 0 : 1;
      assertThat(found).as("seed %d", seed).hasSize(own.size() - 1);
      for (int i = 0; i < found.size(); i++) {
        for (int j = 0; j < 2; j++) {
          assertThat(Double.parseDouble(found.get(i)[1 + from + j]))
              .as("seed %d, %s", seed, name)
              .isCloseTo(
                  Double.parseDouble(own.get(i + 1)[from + j]),
                  org.assertj.core.data.Offset.offset(2e-6));
        }
      }
    }
    if (query.isEmpty()) {
      assertThat(lines.stream().skip(1).map(line -> line[0])).containsExactly(names);
    }
  }

  @Test
  void readingsAreScaledAsInJson() throws Exception {
    JsonNode golden =
        JSON.readTree(Files.readString(CASES.resolve("scaler-standardscaler/case.json")));
    JsonNode model = json(send(request("GET", load(), null)));
    int width = model.path("inputs").path(0).path("shape").path(2).asInt();
    JsonNode x = golden.path("inputs").path("x");
    int steps = x.path("shape").path(1).asInt();
    double[][] rows = new double[steps][width];
    for (int i = 0; i < steps * width; i++) {
      rows[i / width][i % width] = x.path("data").get(i).asDouble();
    }
    JsonNode expected = unroll(load(), json(rows, 0, steps), false);
    HttpResponse<byte[]> response = post(load() + "/unroll?window=" + steps, csv(rows));
    String[] line = lines(response).get(0);
    assertThat(Double.parseDouble(line[1]))
        .isCloseTo(expected.get(0).asDouble(), org.assertj.core.data.Offset.offset(1e-3));
    HttpResponse<byte[]> scaled = post(load() + "/unroll?scaled=true&window=" + steps, csv(rows));
    assertThat(lines(scaled).get(0)[1]).isNotEqualTo(line[1]);
  }

  @Test
  void identifiersAreReadAndChecked() throws Exception {
    serve("pytorch-tagger");
    List<String[]> lines =
        ask("/v1/models/pytorch-tagger/unroll?columns=id", "id,word\n1,a\n7,b\n10,c\n");
    assertThat(lines.get(0)).startsWith("word").hasSize(6);
    JsonNode expected =
        unroll("/v1/models/pytorch-tagger", JSON.createArrayNode().add(1).add(7).add(10), true);
    assertNumbers(lines.get(3), 1, expected.get(2));
    assertProblem(
        post("/v1/models/pytorch-tagger/unroll", "id\n1\n11\n"),
        400,
        "invalid-input",
        "line 3, column 'id'");
    assertProblem(
        post("/v1/models/pytorch-tagger/unroll", "id\n1\n1.5\n"),
        400,
        "invalid-input",
        "line 3, column 'id'");
  }

  @Test
  void answersMayBeLinesOfJsonOrAnArray() throws Exception {
    String file = "t,a,b\n1,0.5,0.25\n2,1,-1\n";
    HttpResponse<byte[]> array = post(pair() + "/unroll", file, "Accept", "application/json");
    assertThat(array.headers().firstValue("Content-Type")).hasValue(ROWS);
    assertThat(post(pair() + "/unroll", file, "Accept", ROWS).body()).isEqualTo(array.body());
    assertThat(json(array).path("model").asString()).isEqualTo("csv-pair");
    JsonNode whole = json(array).path("rows");
    assertThat(whole.size()).isEqualTo(2);
    assertThat(whole.get(1).propertyNames()).containsExactly("t", "output_0", "output_1");
    assertThat(whole.get(1).path("t").asString()).isEqualTo("2");
    HttpResponse<byte[]> lines = post(pair() + "/unroll", file, "Accept", "application/x-ndjson");
    assertThat(text(lines).lines().map(JSON::readTree).toList())
        .isEqualTo(whole.valueStream().toList());
    String[] csv = ask(pair() + "/unroll", file).get(2);
    assertThat(whole.get(1).path("output_1").asDouble()).isEqualTo(Double.parseDouble(csv[2]));
    HttpResponse<byte[]> none = post(pair() + "/unroll", file, "Accept", "image/png");
    assertThat(none.statusCode()).isEqualTo(406);
  }

  @Test
  void missingValuesMayBeFilled() throws Exception {
    String file = "a,b\n1,2\nNaN,3\n4,\n";
    String unroll = pair() + "/unroll";
    assertProblem(post(unroll, file), 400, "invalid-input", "line 3, column 'a'");
    assertThat(post(unroll + "?missing=previous", file).body())
        .isEqualTo(post(unroll, "a,b\n1,2\n1,3\n4,3\n").body());
    assertThat(post(unroll + "?missing=zero", file).body())
        .isEqualTo(post(unroll, "a,b\n1,2\n0,3\n4,0\n").body());
    assertProblem(
        post(unroll + "?missing=previous", "a,b\nNA,1\n"),
        400,
        "invalid-input",
        "line 2, column 'a'");
  }

  static List<String[]> faults() {
    return List.of(
        new String[] {"", "", "line 1"},
        new String[] {"a,a,b\n1,2,3\n", "", "line 1"},
        new String[] {"a,c\n1,2\n", "", "line 1"},
        new String[] {"1,2,3\n", "", "line 1"},
        new String[] {"a,b\n1,2\n1,2,3\n", "", "line 3"},
        new String[] {"a,b\n1,2\n1\n", "", "line 3"},
        new String[] {"a,b\n1,x\n", "", "line 2, column 'b'"},
        new String[] {"a,b\n1,inf\n", "", "line 2, column 'b'"},
        new String[] {"a,b\n1,1e999\n", "", "line 2, column 'b'"},
        new String[] {"a,b\n1,1e39\n", "", "line 2, column 'b'"},
        new String[] {"a;b\n1;1,5\n", "delimiter=%3B", "line 2, column 'b'"},
        new String[] {"a;b\n1;1\n", "", "line 1"},
        new String[] {"a,b\n1,\"2\"x\n", "", "line 2"},
        new String[] {"a,b\n1,\"2\n1,2\n", "", "line 2, column 'b'"},
        new String[] {"t,a,b\n\"x,1,2\n", "", "line 2"},
        new String[] {"a,b\n1,2\n", "sequence=s", "?sequence"},
        new String[] {"1,2\n", "sequence=s", "?sequence"},
        new String[] {"s,a,b\n,1,2\n", "sequence=s", "line 2, column 's'"},
        new String[] {"a,b\n1,2\n", "window=3", "?window"},
        new String[] {"a,b\n1,2\n", "stride=3", "?stride"},
        new String[] {"a,b\n1,2\n", "columns=a", "?columns"},
        new String[] {"a,b\n1,2\n", "missing=mean", "?missing"},
        new String[] {"a,b\n1,2\n", "delimiter=x", "?delimiter"},
        new String[] {"a,b\n1,2\n", "window=100000000", "?window"},
        new String[] {"a,b\n1,2\n", "return_state=true", "?return_state"},
        new String[] {"a,b\n1,2\n", "trace=true", "?trace"});
  }

  @ParameterizedTest
  @MethodSource("faults")
  void faultsAreToldByLineAndColumn(String file, String query, String pointer) throws Exception {
    assertProblem(post(pair() + "/unroll?" + query, file), 400, "invalid-input", pointer);
  }

  @Test
  void whatIsNoUtf8IsRefused() throws Exception {
    byte[] file = "t,a,b\n\u00fc,1,2\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(text(post(pair() + "/unroll", file))).contains("not UTF-8");
    HttpResponse<byte[]> latin =
        send(
            request("POST", pair() + "/unroll", file)
                .header("Content-Type", "text/csv;charset=latin1"));
    assertThat(latin.statusCode()).isEqualTo(415);
  }

  @Test
  void packedFilesAreUnpackedWholeOrRefused() throws Exception {
    String file = "a,b\n" + csv(randomRows(5000, 2));
    byte[] packed = gzip(file.getBytes(StandardCharsets.UTF_8));
    HttpResponse<byte[]> plain = post(pair() + "/unroll", file);
    assertThat(post(pair() + "/unroll", packed, "Content-Encoding", "gzip").body())
        .isEqualTo(plain.body());
    ByteArrayOutputStream members = new ByteArrayOutputStream();
    for (int at = 0; at < file.length(); at += 1000) {
      String part = file.substring(at, Math.min(file.length(), at + 1000));
      members.write(gzip(part.getBytes(StandardCharsets.UTF_8)));
    }
    assertThat(post(pair() + "/unroll", members.toByteArray(), "Content-Encoding", "gzip").body())
        .isEqualTo(plain.body());
    byte[] cut = Arrays.copyOf(gzip("a,b\n1,2\n3,4\n".getBytes(StandardCharsets.UTF_8)), 25);
    assertProblem(
        post(pair() + "/unroll", cut, "Content-Encoding", "gzip"), 400, "invalid-input", "");
    assertProblem(
        post(pair() + "/unroll", file, "Content-Encoding", "gzip"), 400, "invalid-input", "");
    assertProblem(
        post(pair() + "/unroll", file, "Content-Encoding", "br"), 415, "unsupported-coding");
    byte[] bomb = gzip(new byte[64 << 20]);
    assertProblem(
        post(pair() + "/unroll", bomb, "Content-Encoding", "gzip"), 400, "invalid-input", "line 1");
  }

  @Test
  void aSequenceGoesOnByAFile() throws Exception {
    HttpResponse<byte[]> opened =
        postJson(pair() + "/sequences", "{\"id\": \"csv-%d\"}".formatted(seed & 0xffffffL));
    assertThat(opened.statusCode()).as(text(opened)).isEqualTo(201);
    String sequence = "/v1/sequences/" + json(opened).path("id").asString();
    double[][] rows = randomRows(1500, 2);
    JsonNode expected = unroll(pair(), json(rows, 0, rows.length), true);
    List<String[]> first =
        ask(sequence + "/unroll", "a,b,t\n" + csv(Arrays.copyOf(rows, 1100)).replace("\n", ",x\n"));
    assertThat(first.get(0)).containsExactly("t", "step", "output_0", "output_1");
    assertThat(first.get(1100)).startsWith("x", "1100");
    assertNumbers(first.get(1100), 2, expected.get(1099));
    List<String[]> rest =
        ask(sequence + "/unroll", csv(Arrays.copyOfRange(rows, 1100, rows.length)));
    assertThat(rest.get(399)).startsWith("1500");
    assertNumbers(rest.get(399), 1, expected.get(1499));
    assertThat(post("/v1/sequences/none/unroll", "1,2\n").statusCode()).isEqualTo(404);
  }

  @Test
  void classesAreAnsweredByName() throws Exception {
    String model = "/v1/models/csv-posture";
    Path folder = CASES.resolve("labels");
    List<FormPart> parts =
        List.of(
            new FormPart("file", "model.keras", Files.readAllBytes(folder.resolve("model.keras"))),
            new FormPart(
                "labels", "labels.joblib", Files.readAllBytes(folder.resolve("labels.joblib"))));
    HttpResponse<byte[]> put = form("PUT", model + "/versions/1", parts);
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    String file = "0,0,0,0,0,1\n0,1,0,0,0,0\n";
    JsonNode expected =
        json(postJson(
                model + "/unroll?top=2",
                "{\"return_sequences\": false, \"x\": [[0,0,0,0,0,1],[0,1,0,0,0,0]]}"))
            .path("classes");
    HttpResponse<byte[]> response = post(model + "/unroll?window=2&top=2&header=false", file);
    String[] line = lines(response).get(0);
    assertThat(line).hasSize(5).startsWith("1", expected.get(0).path("label").asString());
    assertThat(Double.parseDouble(line[4]))
        .isCloseTo(
            expected.get(1).path("probability").asDouble(),
            org.assertj.core.data.Offset.offset(1e-6));
    assertThat(lines(post(model + "/unroll?window=2", "a,b,c,d,e,f\n" + file)).get(0))
        .containsExactly("row", "class", "probability");
  }

  @Test
  void errorsOfWindowsAreThoseOfJson() throws Exception {
    String model = "/v1/models/csv-detect";
    Path file = Path.of("src/test/resources/golden-networks/keras-autoencoder/model.keras");
    HttpResponse<byte[]> put = upload("csv-detect", List.of(file), "{\"threshold\": 0.7}");
    assertThat(put.statusCode()).as(text(put)).isEqualTo(201);
    JsonNode shape = json(send(request("GET", model, null))).at("/outputs/0/shape");
    int window = shape.get(1).asInt();
    int width = shape.get(2).asInt();
    double[][] rows = randomRows(40, width);
    List<String[]> lines = lines(post(model + "/detect?window=" + window, csv(rows)));
    assertThat(lines).hasSize(rows.length - window + 1);
    for (int first = 0; first < lines.size(); first += 7) {
      ObjectNode body = JSON.createObjectNode();
      body.set("x", json(rows, first, first + window));
      JsonNode expected = json(postJson(model + "/detect", body.toString()));
      String[] line = lines.get(first);
      assertThat(line).hasSize(4 + width).startsWith("" + (first + window - 1));
      assertThat(Double.parseDouble(line[1]))
          .isCloseTo(expected.path("error").asDouble(), org.assertj.core.data.Offset.offset(1e-6));
      assertNumbers(line, 2, expected.path("feature_error"));
      assertThat(line[3 + width]).isEqualTo(expected.path("anomaly").asString());
    }
  }

  @Test
  void errorsOfTheLineAfterAWindowAreThoseOfJson() throws Exception {
    double[][] rows = randomRows(30, 2);
    String own =
        serve(
            "csv-detect-next",
            "forecast-stateful",
            "model.pt",
            "{\"features\": [\"a\", \"b\"], \"feedback\": [0, 1]}");
    List<String[]> lines = ask(own + "/detect?window=5", "a,b\n" + csv(rows));
    assertThat(lines.get(0)).containsExactly("row", "error", "error_a", "error_b");
    assertThat(lines).hasSize(1 + 25);
    for (int line = 1; line < lines.size(); line += 6) {
      ObjectNode body = JSON.createObjectNode();
      body.set("x", json(rows, line - 1, line + 5));
      JsonNode expected = json(postJson(own + "/detect", body.toString()));
      assertThat(lines.get(line)[0]).isEqualTo("" + (line + 4));
      assertThat(Double.parseDouble(lines.get(line)[1]))
          .isCloseTo(
              expected.path("error").get(5).asDouble(), org.assertj.core.data.Offset.offset(1e-6));
    }
    assertProblem(post(own + "/detect", "a,b\n1,2\n"), 400, "invalid-input", "?window");
  }
}
