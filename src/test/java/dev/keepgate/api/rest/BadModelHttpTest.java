package dev.keepgate.api.rest;

import static dev.keepgate.ModelBytes.entry;
import static dev.keepgate.ModelBytes.npz;
import static dev.keepgate.ModelBytes.safetensors;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.ModelBytes.Npy;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.test.context.TestPropertySource;

/** Files that are no model, or none that can be served, are refused and leave nothing behind. */
@TestPropertySource(
    properties = {
      "keepgate.memory-budget=1MB",
      "keepgate.import-limits.max-size=8MB",
      "keepgate.import-limits.max-header-size=64KB"
    })
class BadModelHttpTest extends ServerTest {

  private static final String TARGET = "/v1/models/broken/versions/1";
  private static final byte[] GOOD = ModelBytes.pytorch(3, 4, 1);
  private static final String TENSOR = "weight_ih_l0";
  private static final String GATES = "[16,3]";

  @AfterEach
  void nothingIsLeftAndTheServerAnswers() throws Exception {
    assertThat(files()).allMatch(file -> file.matches("\\.keepgate-[^/]*/lock"));
    assertProblem(send(request("GET", "/v1/models/broken", null)), 404, "model-not-found");
    assertThat(postJson(CELL, CELL_BODY).statusCode()).isEqualTo(200);
  }

  private List<String> files() throws Exception {
    try (Stream<Path> files = Files.walk(repository)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> repository.relativize(file).toString())
          .toList();
    }
  }

  /**
   * A file and why it is refused.
   *
   * @param pointer what is at fault; null where it is the file as a whole
   */
  record Bad(String name, byte[] file, int status, String slug, @Nullable String pointer) {

    static Bad malformed(String name, byte[] file) {
      return new Bad(name, file, 422, "malformed-model", null);
    }

    static Bad malformed(String name, byte[] file, String pointer) {
      return new Bad(name, file, 422, "malformed-model", pointer);
    }

    static Bad unsupported(String name, byte[] file, String pointer) {
      return new Bad(name, file, 422, "unsupported-model", pointer);
    }

    static Bad tooLarge(String name, byte[] file) {
      return new Bad(name, file, 413, "model-too-large", null);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Bad> damaged() {
    byte[] data = new byte[16 * 3 * 4];
    String first = entry("weight_ih_l0", "F32", GATES, 0, data.length);
    return Stream.of(
        new Bad("empty", new byte[0], 400, "invalid-input", ""),
        Bad.malformed("garbage", new byte[1000]),
        Bad.malformed("text", "once upon a time".getBytes(StandardCharsets.UTF_8)),
        Bad.malformed("half a header length", Arrays.copyOf(GOOD, 4)),
        Bad.malformed("half a header", Arrays.copyOf(GOOD, 60)),
        Bad.malformed("all but the last byte", Arrays.copyOf(GOOD, GOOD.length - 1), TENSOR),
        Bad.malformed("header of 2^60 bytes", safetensors(1L << 60, "{}", data)),
        Bad.malformed("header of -1 bytes", safetensors(-1, "{}", data)),
        Bad.malformed("header cut short", safetensors("{" + first, data)),
        Bad.malformed(
            "header with a field twice", safetensors("{" + first + "," + first + "}", data)),
        Bad.malformed("nested header", safetensors("{\"a\":".repeat(1000), data)),
        Bad.tooLarge("long header", safetensors("{" + " ".repeat(70_000) + "}", data)),
        Bad.malformed("size below zero", one("F32", "[-1]", 0, 4), TENSOR),
        Bad.malformed("size that is a string", one("F32", "[\"1\"]", 0, 4), TENSOR),
        Bad.malformed("size beyond integers", one("F32", "[4294967297]", 0, 4), TENSOR),
        Bad.malformed("shape of 2^62", one("F32", "[2147483647,2147483647]", 0, 4), TENSOR),
        Bad.malformed(
            "shape of 2^93", one("F32", "[2147483647,2147483647,2147483647]", 0, 4), TENSOR),
        Bad.malformed("offsets out of the file", one("F32", "[17]", 0, 68), TENSOR),
        Bad.malformed("offsets past 2^62", one("F32", "[1]", 1L << 62, (1L << 62) + 4), TENSOR),
        Bad.malformed("offsets backwards", one("F32", "[1]", 4, 0), TENSOR),
        Bad.malformed("offsets below zero", one("F32", "[1]", -4, 0), TENSOR),
        Bad.unsupported("type that is none", one("F4", "[1]", 0, 4), TENSOR),
        Bad.malformed(
            "tensors that overlap",
            safetensors(
                "{" + first + "," + entry("weight_hh_l0", "F32", "[16,1]", 4, 68) + "}", data),
            "weight_hh_l0"));
  }

  private static byte[] one(String type, String shape, long begin, long end) {
    return safetensors("{" + entry("weight_ih_l0", type, shape, begin, end) + "}", new byte[64]);
  }

  static Stream<Bad> misfits() {
    return Stream.of(
        Bad.unsupported("no LSTM", tensors("fc.weight", 3, 4), "tensors"),
        Bad.unsupported("no tensors", safetensors("{}", new byte[0]), "tensors"),
        Bad.unsupported("half an LSTM", tensors("weight_ih_l0", 16, 3), "weight_hh_l0"),
        Bad.unsupported("gates that are no four", lstm(15, 3, 4), "weight_ih_l0"),
        Bad.unsupported("h that is wider than the gates", lstm(16, 3, 5), "weight_hh_l0"),
        Bad.unsupported("no units", lstm(0, 3, 0), "weight_ih_l0"),
        Bad.unsupported("no inputs", lstm(16, 0, 4), "weight_ih_l0"));
  }

  private static byte[] tensors(String name, int... shape) {
    return safetensors(Map.of(name, shape), new byte[4 * shape[0] * shape[1]]);
  }

  private static byte[] lstm(int gates, int input, int hidden) {
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("weight_ih_l0", new int[] {gates, input});
    shapes.put("weight_hh_l0", new int[] {gates, hidden});
    return safetensors(shapes, new byte[4 * gates * (input + hidden)]);
  }

  static Stream<Bad> archives() {
    Npy bias = Npy.of("lstm_cell/bias", "<f4", "16", 64);
    byte[] good = npz(Npy.of("lstm_cell/kernel", "<f4", "10, 16", 640), bias);
    String huge = "2147483647,2147483647,2147483647";
    return Stream.of(
        Bad.tooLarge("zip bomb that says so", npz(Npy.of("a", "<f4", "999999999", 4))),
        Bad.tooLarge("zip bomb", npz(Npy.of("a", "<f4", "25000000", 100_000_000))),
        Bad.tooLarge("shape of 2^93", npz(Npy.of("a", "<f8", huge, 8))),
        Bad.malformed("zip of nothing", Arrays.copyOf(new byte[] {'P', 'K', 5, 6}, 22)),
        Bad.malformed("zip of text", npz(new Npy("readme.txt", "", 3))),
        Bad.malformed("half a zip", Arrays.copyOf(good, good.length / 2)),
        Bad.malformed("size beyond integers", npz(Npy.of("a", "<f4", "4294967297", 4))),
        Bad.unsupported("pickled objects", npz(Npy.of("a", "|O", "1", 8)), "a.npy"),
        Bad.unsupported("strings", npz(Npy.of("a", "<U8", "1", 32)), "a.npy"),
        Bad.malformed(
            "less data than its shape", npz(Npy.of("lstm_cell/kernel", "<f4", "10, 16", 4), bias)),
        Bad.malformed(
            "more data than its shape",
            npz(Npy.of("lstm_cell/kernel", "<f4", "10, 16", 999), bias)),
        Bad.unsupported(
            "gates that are no four",
            npz(Npy.of("lstm_cell/kernel", "<f4", "10, 15", 600), bias),
            "lstm_cell/kernel"));
  }

  @ParameterizedTest
  @MethodSource({"damaged", "misfits", "archives"})
  void fileThatIsNoModel(Bad bad) throws Exception {
    assertProblem(
        send(request("PUT", TARGET, bad.file())), bad.status(), bad.slug(), bad.pointer());
    assertProblem(
        send(request("POST", "/v1/models:inspect", bad.file())),
        bad.status(),
        bad.slug(),
        bad.pointer());
  }

  @Test
  void fileThatSaysThatItIsTooLongIsRefusedBeforeItIsSent() throws Exception {
    String head =
        "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n"
            .formatted(TARGET, (2 << 20) + 1, "");
    assertProblem(sendRaw(head.getBytes(StandardCharsets.UTF_8)), 413, "body-too-large");
    String form =
        "PUT %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=a\r\nContent-Length: %d\r\n\r\n"
            .formatted(TARGET, (2 << 20) + 1);
    assertProblem(sendRaw(form.getBytes(StandardCharsets.UTF_8)), 413, "body-too-large");
  }

  @Test
  void answerThatIsNotWrittenMakesNoModel() throws Exception {
    HttpRequest.Builder request = request("PUT", TARGET, GOOD).header("Accept", "text/html");
    assertProblem(send(request), 406, "not-acceptable");
  }

  @ParameterizedTest
  @CsvSource({
    "application/x-www-form-urlencoded, application/json",
    "application/octet-stream, application/json;charset=utf-16"
  })
  void curlsWordsForAFileAreTaken(String type, String accept) throws Exception {
    String model = "/v1/models/curl";
    for (String route :
        new String[] {"PUT " + model + "/versions/1", "POST " + model + "/versions"}) {
      HttpRequest.Builder request =
          request(route.split(" ")[0], route.split(" ")[1], GOOD)
              .header("Content-Type", type)
              .header("Accept", accept);
      HttpResponse<byte[]> response = send(request);
      assertThat(response.statusCode()).as(text(response)).isEqualTo(201);
    }
    assertThat(send(request("DELETE", model, null)).statusCode()).isEqualTo(204);
  }

  @Test
  void fileThatTurnsOutTooLong() throws Exception {
    String head =
        "PUT " + TARGET + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    int length = (2 << 20) + 1;
    byte[] start = (head + Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.UTF_8);
    byte[] request = Arrays.copyOf(start, start.length + length);
    assertProblem(sendRaw(request), 413, "body-too-large");
  }

  @Test
  void fileThatEndsBeforeItsLength() throws Exception {
    String head =
        "PUT " + TARGET + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc";
    assertProblem(sendRaw(head.getBytes(StandardCharsets.UTF_8)), 400, "incomplete-body");
  }

  @Test
  void modelThatDoesNotFitIntoMemory() throws Exception {
    byte[] large = ModelBytes.pytorch(150, 200, 1);
    assertThat(large.length).isBetween(1 << 20, 2 << 20);
    assertProblem(send(request("PUT", TARGET, large)), 507, "no-memory");
    assertProblem(send(request("POST", "/v1/models/broken/versions", large)), 507, "no-memory");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nonsense                          | /config
          [1]                               | /config
          3                                 | /config
          {"nonsense": 1}                   | /config/nonsense
          {"forget_bias": "one"}            | /config/forget_bias
          {"forget_bias": 1e40}             | /config/forget_bias
          {"cell_clip": -1}                 | /config/cell_clip
          {"cell_clip": 0}                  | /config/cell_clip
          {"activation": "tan"}             | /config/activation
          {"activation": "softmax"}         | /config/activation
          {"gate_order": "ifoc"}            | /config/gate_order
          {"return_sequences": 1}           | /config/return_sequences
          {"hidden_size": 5}                | /config/hidden_size
          {"hidden_size": 4.5}              | /config/hidden_size
          {"num_layers": 2}                 | /config/num_layers
          """)
  void configurationThatIsWrong(String config, String pointer) throws Exception {
    HttpResponse<byte[]> response =
        form(
            "PUT",
            TARGET,
            List.of(
                new FormPart("file", "model.safetensors", GOOD),
                new FormPart("config", null, config.getBytes(StandardCharsets.UTF_8))));
    assertProblem(response, 400, "invalid-config", pointer);
  }

  @Test
  void formThatIsIncomplete() throws Exception {
    FormPart config = new FormPart("config", null, new byte[] {'{', '}'});
    assertProblem(form("PUT", TARGET, List.of(config)), 400, "invalid-input", "/file");
    FormPart other = new FormPart("model", "model", GOOD);
    assertProblem(form("PUT", TARGET, List.of(other)), 400, "invalid-input", "/model");
    List<FormPart> twice =
        List.of(new FormPart("file", "a", GOOD), config, new FormPart("config", null, GOOD));
    assertProblem(form("PUT", TARGET, twice), 400, "invalid-input", "/config");
    FormPart tooLong = new FormPart("config", null, new byte[(1 << 20) + 1]);
    assertProblem(form("PUT", TARGET, List.of(tooLong)), 400, "invalid-input", "/config");
  }

  @Test
  void formOfAThousandParts() throws Exception {
    FormPart file = new FormPart("file", "a", GOOD);
    HttpResponse<byte[]> answer = form("PUT", TARGET, Collections.nCopies(1000, file));
    assertProblem(answer, 413, "model-too-large");
    assertThat(text(answer)).contains("at most 100 files");
    assertProblem(
        form("PUT", TARGET, List.of(new FormPart("file", "a".repeat(5000), GOOD))),
        400,
        "invalid-multipart");
  }

  @Test
  void formThatEndsTooEarly() throws Exception {
    String form =
        """
        --a\r
        Content-Disposition: form-data; name="file"; filename="model"\r
        \r
        abc""";
    assertProblem(
        send(
            request("PUT", TARGET, form.getBytes(StandardCharsets.UTF_8))
                .header("Content-Type", "Multipart/Form-Data; boundary=a")),
        400,
        "invalid-multipart");
  }

  @Test
  void formWithoutABoundary() throws Exception {
    assertProblem(
        send(request("PUT", TARGET, GOOD).header("Content-Type", "multipart/form-data")),
        400,
        "invalid-multipart");
    assertProblem(
        send(
            request("PUT", TARGET, GOOD).header("Content-Type", "multipart/form-data; boundary=x")),
        400,
        "invalid-input",
        "/file");
  }

  @Test
  void formatThatIsNotTheFiles() throws Exception {
    assertProblem(
        send(request("PUT", TARGET + "?format=zip", GOOD)), 400, "invalid-input", "?format");
    assertProblem(send(request("PUT", TARGET + "?format=npz", GOOD)), 422, "malformed-model");
  }

  @Test
  void versionThatExists() throws Exception {
    assertProblem(
        send(request("PUT", "/v1/models/notebook-cell/versions/1", GOOD)), 409, "version-exists");
  }

  @Test
  void ofManyThatBringTheSameAtOnceOneMakesIt() throws Exception {
    int clients = 8;
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      for (int round = 1; round <= 5; round++) {
        String path = "/v1/models/race/versions/" + round;
        CountDownLatch start = new CountDownLatch(1);
        List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
          answers.add(
              threads.submit(
                  () -> {
                    start.await();
                    return send(request("PUT", path, GOOD));
                  }));
        }
        start.countDown();
        int created = 0;
        for (Future<HttpResponse<byte[]>> answer : answers) {
          if (answer.get().statusCode() == 201) {
            created++;
          } else {
            assertThat(answer.get().statusCode()).as(text(answer.get())).isEqualTo(200);
          }
        }
        assertThat(created).isEqualTo(1);
        assertThat(files()).contains("race/" + round + "/model");
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(send(request("DELETE", "/v1/models/race", null)).statusCode()).isEqualTo(204);
  }
}
