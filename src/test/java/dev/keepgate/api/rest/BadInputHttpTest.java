package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps and unrolls that cannot be answered are refused, and say at which field. */
class BadInputHttpTest extends ServerTest {

  private static final String SEQUENCE = "/v1/models/notebook-sequence/unroll";
  private static final String STACKED = "/v1/models/notebook-stacked/step";
  private static final String TAGGER = "/v1/models/pytorch-tagger";
  private static final String NARROW = "/v1/models/pytorch-projection/step";
  private static final String X = "\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]";
  private static final String ROWS = "[[0,0,0,0],[0,0,0,0]]";
  private static final String XS = "\"x\": [[[1,2,3,4,3,2]],[[3,2,2,2,2,2]]]";

  /**
   * A body and what is wrong with it.
   *
   * @param pointer of the field; null where the body is no JSON at all
   */
  record Case(String path, String body, @Nullable String pointer) {
    static Case cell(String body, @Nullable String pointer) {
      return new Case(CELL, body, pointer);
    }

    static Case state(String state, String pointer) {
      return cell("{" + X + ", \"state\": " + state + "}", pointer);
    }

    static Case sequence(String lengths, String pointer) {
      return new Case(SEQUENCE, "{" + XS + ", \"lengths\": " + lengths + "}", pointer);
    }
  }

  @AfterEach
  void theServerStillAnswersRight() throws Exception {
    HttpResponse<byte[]> answer = postJson(CELL, CELL_BODY);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    assertThat(json(answer).get("output").get(0).get(0).asDouble()).isBetween(-1.0, 1.0);
  }

  static Stream<Case> notJson() {
    return Stream.of(
            "",
            "{",
            "{\"x\": [[1,2,3",
            "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]]",
            "{\"x\": [[NaN,2,3,4,3,2]]}",
            "{\"x\": [[Infinity,2,3,4,3,2]]}",
            "{\"x\": [[-Infinity,2,3,4,3,2]]}",
            "{\"x\": [[1,2,3,4,3,+2]]}",
            "{\"x\": [[01,2,3,4,3,2]]}",
            "{\"x\": [[1,2,3,4,3,2],]}",
            "{'x': [[1,2,3,4,3,2]]}",
            "{x: [[1,2,3,4,3,2]]}",
            "{\"x\": [[1,2,3,4,3,2]], \"x\": [[1,2,3,4,3,2]]}",
            "{\"x\": [[1,2,3,4,3,2]], \"state\": {\"h\": null, \"h\": null}}",
            "x=1",
            "\u0000\u0001\u0002",
            "{\"x\": [" + "9".repeat(2000) + "]}",
            "[".repeat(50_000),
            "{\"state\": ".repeat(10_000))
        .map(body -> Case.cell(body, null));
  }

  @ParameterizedTest
  @MethodSource("notJson")
  void bodyThatIsNotJson(Case bad) throws Exception {
    HttpResponse<byte[]> response = postJson(bad.path(), bad.body());
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    String slug = json(response).get("type").asString();
    assertThat(slug)
        .isIn("urn:keepgate:problem:invalid-json", "urn:keepgate:problem:invalid-input");
  }

  static Stream<Case> fields() {
    return Stream.of(
        Case.cell("[]", ""),
        Case.cell("3", ""),
        Case.cell("null", ""),
        Case.cell("{" + X + "} {}", ""),
        Case.cell("{}", "/x"),
        Case.cell("{\"x\": null}", "/x"),
        Case.cell("{\"x\": \"1,2,3,4,3,2\"}", "/x"),
        Case.cell("{\"x\": {\"a\": 1}}", "/x"),
        Case.cell("{\"x\": 3}", "/x"),
        Case.cell("{\"x\": true}", "/x"),
        Case.cell("{\"x\": []}", "/x"),
        Case.cell("{\"x\": [[]]}", "/x"),
        Case.cell("{\"x\": [[1,2,3]]}", "/x"),
        Case.cell("{\"x\": [[1,2,3,4,3,2,1]]}", "/x"),
        Case.cell("{\"x\": [[[1,2,3,4,3,2]]]}", "/x"),
        Case.cell("{\"x\": [[1,2,3,4,3,2],[1,2,3]]}", "/x/1"),
        Case.cell("{\"x\": [[1,2,3,4,3,2],1]}", "/x/1"),
        Case.cell("{\"x\": [[1,2,3,4,3,[2]]]}", "/x/0/5"),
        Case.cell("{\"x\": [[1,2,3,4,3,\"2\"]]}", "/x/0/5"),
        Case.cell("{\"x\": [[1,2,null,4,3,2]]}", "/x/0/2"),
        Case.cell("{\"x\": [[1,2,3,{},3,2]]}", "/x/0/3"),
        Case.cell("{\"x\": [[1,2,3,4,false,2]]}", "/x/0/4"),
        Case.cell("{\"x\": [[1,2,3,4,3,\"NaN\"]]}", "/x/0/5"),
        Case.cell("{\"x\": [[1e39,2,3,4,3,2]]}", "/x/0/0"),
        Case.cell("{\"x\": [[1,-1e400,3,4,3,2]]}", "/x/0/1"),
        Case.cell("{\"x\": [[1,2," + "9".repeat(400) + ",4,3,2]]}", "/x/0/2"),
        Case.cell("{\"x\": " + "[".repeat(12) + "1" + "]".repeat(12) + "}", "/x/0/0/0/0/0/0/0/0"),
        Case.cell("{" + X + ", \"y\": 1}", "/y"),
        Case.cell("{" + X + ", \"a/b~c\": 1}", "/a~1b~0c"),
        Case.cell("{" + X + ", \"trace\": 1}", "/trace"),
        Case.cell("{" + X + ", \"return_sequences\": \"true\"}", "/return_sequences"),
        Case.cell("{" + X + ", \"lengths\": [1, 1]}", "/lengths"),
        Case.state("[]", "/state"),
        Case.state("{\"s\": 1}", "/state/s"),
        Case.state("{\"h\": 1}", "/state/h"),
        Case.state("{\"h\": []}", "/state/h"),
        Case.state("{\"h\": [[0,0,0,0]]}", "/state/h"),
        Case.state("{\"h\": [[0,0,0],[0,0,0]]}", "/state/h"),
        Case.state("{\"h\": [0,0,0,0]}", "/state/h"),
        Case.state("{\"h\": [[0,0,0,0],[0,0,0]]}", "/state/h/1"),
        Case.state("{\"h\": [[0,0,0,0],[0,0,0,1e39]]}", "/state/h/1/3"),
        Case.state("{\"h\": [[" + ROWS + "]]}", "/state/h"),
        Case.state("{\"h\": " + ROWS + ", \"c\": [[0,0,0,0]]}", "/state/c"),
        Case.state("{\"c\": [[0,0,0,0],[0,0,0,0],[0,0,0,0]]}", "/state/c"),
        Case.state("{\"c\": [[0,0,0,0],[0,0,\"0\",0]]}", "/state/c/1/2"),
        Case.state("{\"c\": " + ROWS + ", \"h\": [" + ROWS + "," + ROWS + "]}", "/state/h"),
        new Case(STACKED, "{" + X + ", \"state\": {\"h\": " + ROWS + "}}", "/state/h"),
        new Case(STACKED, "{" + X + ", \"state\": {\"c\": [" + ROWS + "]}}", "/state/c"),
        new Case(
            NARROW, "{\"x\": [1,2,3,4,5,6], \"state\": {\"h\": [[0,0,0],[0,0,0]]}}", "/state/h"),
        new Case(SEQUENCE, "{" + X + "," + "\"lengths\": 7}", "/lengths"),
        new Case(SEQUENCE, "{\"x\": [[],[]]}", "/x"),
        new Case(SEQUENCE, "{\"x\": [[1,2,3,4,3,2],[[1,2,3,4,3,2]]]}", "/x/1/0"),
        Case.sequence("1", "/lengths"),
        Case.sequence("[1]", "/lengths"),
        Case.sequence("[1,1,1]", "/lengths"),
        Case.sequence("[[1,1]]", "/lengths"),
        Case.sequence("[1,2]", "/lengths"),
        Case.sequence("[-1,1]", "/lengths"),
        Case.sequence("[1,1.5]", "/lengths/1"),
        Case.sequence("[1,\"1\"]", "/lengths/1"),
        Case.sequence("[1,4294967297]", "/lengths/1"),
        Case.sequence("{}", "/lengths"),
        new Case(TAGGER + "/step", "{\"x\": [1.5]}", "/x/0"),
        new Case(TAGGER + "/step", "{\"x\": [1, 11]}", "/x"),
        new Case(TAGGER + "/step", "{\"x\": [-1]}", "/x"),
        new Case(TAGGER + "/step", "{\"x\": [\"a\"]}", "/x/0"),
        new Case(TAGGER + "/step", "{\"x\": [99999999999]}", "/x/0"),
        new Case(TAGGER + "/unroll", "{\"x\": [[1,2],[3]]}", "/x/1"),
        new Case(TAGGER + "/unroll", "{\"x\": [[[1,2]]]}", "/x"));
  }

  @ParameterizedTest
  @MethodSource("fields")
  void fieldThatDoesNotFit(Case bad) throws Exception {
    serve("pytorch-tagger");
    serve("pytorch-projection");
    assertProblem(postJson(bad.path(), bad.body()), 400, "invalid-input", bad.pointer());
  }

  @Test
  void everyFieldAtFaultIsNamed() throws Exception {
    String body = "{\"x\": [[1,2]], \"state\": {\"h\": [[0]], \"c\": [[0,0]]}}";
    HttpResponse<byte[]> response = postJson(CELL, body);
    assertThat(json(response).get("errors").valueStream().map(e -> e.get("pointer").asString()))
        .containsExactly("/x", "/state/h", "/state/c");
  }

  @Test
  void bidirectionalModelCannotStep() throws Exception {
    serve("pytorch-bidirectional");
    assertProblem(
        postJson("/v1/models/pytorch-bidirectional/step", "{\"x\": [1,2,3,4,5,6,7]}"),
        422,
        "cannot-step");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[0]", "[1,0]"})
  void rowsThatTakeTooMuchMemoryAreRefusedBeforeTheyAreMade(String row) throws Exception {
    serve("pytorch-tagger");
    String x = "[" + (row + ",").repeat(20_000) + row + "]";
    HttpResponse<byte[]> response = postJson(TAGGER + "/unroll", "{\"x\": " + x + "}");
    if (row.equals("[]")) {
      assertProblem(response, 400, "invalid-input", "/x");
    } else {
      assertProblem(response, 413, "request-too-large");
    }
  }

  @Test
  void bodyThatSaysThatItIsTooLongIsRefusedBeforeItIsSent() throws Exception {
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(CELL, 200 * 1024 + 1);
    assertProblem(sendRaw(head.getBytes(StandardCharsets.UTF_8)), 413, "body-too-large");
  }

  @ParameterizedTest
  @ValueSource(longs = {200 * 1024 + 1, 100})
  void whoAsksBeforeSendingIsRefusedBeforeSending(long length) throws Exception {
    // Too long, or of no model.
    String path = length > 100 ? CELL : "/v1/models/nobody/step";
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, length);
    RawResponse response = sendRaw(head.getBytes(StandardCharsets.UTF_8));
    assertThat(response.status()).as("%s", response).isEqualTo(length > 100 ? 413 : 404);
  }

  @Test
  void bodyInAnEncodingThatIsNone() throws Exception {
    // Four bytes like these begin UTF-32, and these are no character of it.
    byte[] body = {'P', 0, 0, 0, 0, 0, 0, 0, '{', '"', 'x', '"'};
    HttpRequest.Builder request =
        request("POST", CELL, body).header("Content-Type", "application/json");
    assertProblem(send(request), 400, "invalid-json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "gzip, gzip"})
  void bodyThatIsPacked(String coding) throws Exception {
    HttpRequest.Builder request =
        request("POST", CELL, CELL_BODY.getBytes(StandardCharsets.UTF_8))
            .header("Content-Type", "application/json")
            .header("Content-Encoding", coding);
    HttpResponse<byte[]> response = send(request);
    assertProblem(response, 415, "unsupported-coding");
    assertThat(response.headers().firstValue("Accept-Encoding"))
        .hasValue("gzip, deflate, identity");
  }

  @ParameterizedTest
  @ValueSource(strings = {CELL, "/v1/models/notebook-cell/sequences"})
  void packedBodyIsUnpackedWholeOrRefused(String path) throws Exception {
    byte[] body =
        (path.equals(CELL) ? CELL_BODY : "{\"batch\": 2}").getBytes(StandardCharsets.UTF_8);
    byte[] packed = gzip(body);
    for (byte[] each : List.of(packed, Arrays.copyOf(packed, packed.length - 9), body)) {
      HttpResponse<byte[]> response =
          send(
              request("POST", path, each)
                  .header("Content-Type", "application/json")
                  .header("Content-Encoding", "gzip"));
      if (each == packed) {
        assertThat(response.statusCode()).as(text(response)).isBetween(200, 201);
      } else {
        assertProblem(response, 400, "invalid-input", "");
      }
    }
    HttpResponse<byte[]> bomb =
        send(
            request("POST", path, gzip(new byte[16 << 20]))
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip"));
    assertProblem(bomb, 413, "body-too-large");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "application/json; charset=nope"})
  void sequenceBodyOfNoMediaType(String type) throws Exception {
    HttpRequest.Builder request =
        request("POST", "/v1/models/notebook-cell/sequences", new byte[] {'{', '}'})
            .header("Content-Type", type);
    assertProblem(send(request), 415, "unsupported-media-type");
  }

  @Test
  void queryThatIsNone() throws Exception {
    assertProblem(postJson(CELL + "?=1", CELL_BODY), 400, "invalid-parameters");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", Safetensors.MEDIA_TYPE})
  void bodyThatTurnsOutTooLong(String mediaType) throws Exception {
    byte[] rows = "[1,2,3,4,3,2],".repeat(1000).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        ("POST "
                + CELL
                + " HTTP/1.1\r\nHost: x\r\nContent-Type: "
                + mediaType
                + "\r\nTransfer-Encoding: chunked\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8));
    chunk(request, "{\"x\": [".getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < 20; i++) {
      chunk(request, rows);
    }
    assertProblem(sendRaw(request.toByteArray()), 413, "body-too-large");
  }

  private static void chunk(ByteArrayOutputStream out, byte[] bytes) {
    out.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
    out.writeBytes(bytes);
    out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", Safetensors.MEDIA_TYPE})
  void bodyThatEndsBeforeItsLength(String mediaType) throws Exception {
    String request =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\n{\"x\": [[1,2"
            .formatted(CELL, mediaType);
    assertProblem(sendRaw(request.getBytes(StandardCharsets.UTF_8)), 400, "incomplete-body");
  }

  @Test
  void bodyWhoseChunksAreBroken() throws Exception {
    String request =
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"
            .formatted(CELL);
    assertProblem(sendRaw(request.getBytes(StandardCharsets.UTF_8)), 400, "incomplete-body");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          deadline=soon,        ?deadline
          deadline=0ms,         ?deadline
          deadline=-5s,         ?deadline
          deadline=,            ?deadline
          deadline=1000000d,    ?deadline
          trace=yes,            ?trace
          return_sequences=1,   ?return_sequences
          """)
  void optionsThatAreNone(String query, String pointer) throws Exception {
    assertProblem(postJson(CELL + "?" + query, CELL_BODY), 400, "invalid-input", pointer);
  }

  @Test
  void headerDeadlineThatIsNone() throws Exception {
    HttpRequest.Builder request =
        request("POST", CELL, CELL_BODY.getBytes(StandardCharsets.UTF_8))
            .header("Content-Type", "application/json")
            .header("Deadline", "tomorrow");
    assertProblem(send(request), 400, "invalid-input", "?deadline");
  }

  /** A safetensors body. */
  record Binary(String name, byte[] body, String pointer) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Binary> binaries() throws Exception {
    byte[] good = safetensors(Map.of("x", floats(2, 6)));
    float[] nan = new float[12];
    nan[7] = Float.NaN;
    float[] infinite = new float[8];
    infinite[0] = Float.POSITIVE_INFINITY;
    Map<String, Tensor.Floats> infiniteState = new LinkedHashMap<>();
    infiniteState.put("x", floats(2, 6));
    infiniteState.put("h", Tensor.Floats.of(infinite, 2, 4));
    return Stream.of(
        new Binary("empty", new byte[0], ""),
        new Binary("seven bytes", Arrays.copyOf(good, 7), ""),
        new Binary("half a header", Arrays.copyOf(good, 30), ""),
        new Binary("truncated data", Arrays.copyOf(good, good.length - 1), "/x"),
        new Binary("header of 2^60 bytes", header(1L << 60, "{}"), ""),
        new Binary("header of 2^63 bytes", header(1L << 63, "{}"), ""),
        new Binary("header of no bytes", header(0, ""), ""),
        new Binary("header that is no object", header("[]"), ""),
        new Binary("header that is no JSON", header("{]"), ""),
        new Binary("no tensor", safetensors(Map.of()), "/x"),
        new Binary("bytes behind the last tensor", Arrays.copyOf(good, good.length + 1), ""),
        new Binary("type that is none", entry("F4", "[1]", "[0,4]"), "/x"),
        new Binary("no type", header("{\"x\":{\"shape\":[1],\"data_offsets\":[0,4]}}"), "/x"),
        new Binary("negative size", entry("F32", "[-1]", "[0,4]"), "/x"),
        new Binary("shape of 2^62", entry("F32", "[2147483647,2147483647]", "[0,4]"), "/x"),
        new Binary("shape beyond integers", entry("F32", "[4294967297]", "[0,4]"), "/x"),
        new Binary("offsets out of the body", entry("F32", "[2]", "[0,8]"), "/x"),
        new Binary("offsets backwards", entry("F32", "[1]", "[4,0]"), "/x"),
        new Binary("negative offset", entry("F32", "[1]", "[-4,0]"), "/x"),
        new Binary("no entry", header("{\"x\":{\"a\":1}}"), "/x"),
        new Binary("unknown tensor", safetensors(Map.of("y", floats(1))), "/y"),
        new Binary("wrong shape", safetensors(Map.of("x", floats(2, 5))), "/x"),
        new Binary("not a number", safetensors(Map.of("x", Tensor.Floats.of(nan, 2, 6))), "/x"),
        new Binary("infinite state", safetensors(infiniteState), "/h"),
        new Binary(
            "overlap",
            header(
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                    + "\"h\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"),
            "/h"));
  }

  @ParameterizedTest
  @MethodSource("binaries")
  void safetensorsThatDoNotFit(Binary bad) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(CELL))
            .header("Content-Type", Safetensors.MEDIA_TYPE)
            .POST(BodyPublishers.ofByteArray(bad.body()));
    assertProblem(send(request), 400, "invalid-input", bad.pointer());
  }

  private static Tensor.Floats floats(int... shape) {
    return Tensor.Floats.of(new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)], shape);
  }

  private static byte[] safetensors(Map<String, Tensor.Floats> tensors) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    return out.toByteArray();
  }

  private static byte[] entry(String type, String shape, String offsets) {
    return header(
        "{\"x\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
            .formatted(type, shape, offsets));
  }

  private static byte[] header(String json) {
    return header(json.length(), json);
  }

  /** A header of a claimed length, and four bytes of data. */
  private static byte[] header(long claimed, String json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < 8; i++) {
      out.write((int) (claimed >>> (8 * i)));
    }
    out.writeBytes(json.getBytes(StandardCharsets.UTF_8));
    out.writeBytes(new byte[4]);
    return out.toByteArray();
  }
}
