package dev.keepgate.api.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import dev.keepgate.inference.CancellationSignal;
import dev.keepgate.inference.Client;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceRequest.Options;
import dev.keepgate.inference.InferenceRequest.Units;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.security.Caller;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server with models of several kinds, and records of them. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "keepgate.sequences.store=memory",
      "spring.grpc.server.port=0"
    })
abstract class FormatsTest implements OwnRepository {

  static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path SCALED = RESOURCES.resolve("golden-scalers/scaler-standardscaler");
  private static final String BOUNDARY = "keepgate-boundary";
  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(name -> "/x", slot -> "/state/" + slot, "/lengths");

  final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final HttpClient client = HttpClient.newHttpClient();

  @Autowired private Inference inference;
  @Autowired ModelRegistry registry;
  @LocalServerPort private int port;

  /**
   * A model of the golden ones.
   *
   * @param parts its files by the form's parts
   */
  private record Model(String config, Map<String, Path> parts) {

    static Model of(String folder, String file, String config) {
      return new Model(config, Map.of("file", RESOURCES.resolve(folder).resolve(file)));
    }
  }

  /** Models that are put where a test asks for them. */
  private static final Map<String, Model> MODELS =
      Map.of(
          "layers",
          Model.of(
              "golden/pytorch-2layer",
              "model.safetensors",
              "{\"input_size\": 5, \"hidden_size\": 7, \"num_layers\": 2}"),
          "gru",
          Model.of("golden/keras-gru", "model.keras", "{}"),
          "ids",
          Model.of("golden/pytorch-tagger", "model.pt", "{}"),
          "scaled",
          new Model(
              "{\"features\": [\"t/in\", \"t~out\", \"flow\", \"rpm\", \"load\", \"power\"]}",
              Map.of(
                  "file", SCALED.resolve("model.keras"),
                  "scaler", SCALED.resolve("scaler.joblib"),
                  "target_scaler", SCALED.resolve("target_scaler.joblib"))),
          "labels",
          new Model(
              "{}",
              Map.of(
                  "file", RESOURCES.resolve("golden-scalers/labels/model.keras"),
                  "labels", RESOURCES.resolve("golden-scalers/labels/labels.joblib"))),
          "pair",
          Model.of(
              "golden-scalers/forecast-stateful",
              "model.pt",
              "{\"features\": [\"level\", \"x\"], \"threshold\": 0.9}"),
          "two-outputs",
          Model.of("golden-networks/keras-two-outputs", "model.keras", "{}"),
          "two-inputs",
          Model.of("golden-networks/keras-two-inputs", "model.keras", "{}"));

  @BeforeEach
  void put() throws Exception {
    Awaitility.await().until(registry::isReady);
    for (Map.Entry<String, Model> model : MODELS.entrySet()) {
      if (get("/v1/models/" + model.getKey()).statusCode() == 404) {
        put(model.getKey(), model.getValue());
      }
    }
  }

  private void put(String name, Model model) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Map.Entry<String, Path> part : model.parts().entrySet()) {
      write(
          body,
          "%s\"; filename=\"%s".formatted(part.getKey(), part.getValue().getFileName()),
          Files.readAllBytes(part.getValue()));
    }
    write(body, "config", model.config().getBytes(UTF_8));
    body.writeBytes("--%s--\r\n".formatted(BOUNDARY).getBytes(UTF_8));
    HttpResponse<byte[]> response =
        send(
            HttpRequest.newBuilder(uri("/v1/models/%s/versions/1".formatted(name)))
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .PUT(BodyPublishers.ofByteArray(body.toByteArray())));
    assertThat(response.statusCode())
        .as("%s: %s", name, new String(response.body(), UTF_8))
        .isEqualTo(201);
  }

  private static void write(ByteArrayOutputStream body, String name, byte[] content) {
    String head = "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n";
    body.writeBytes(head.formatted(BOUNDARY, name).getBytes(UTF_8));
    body.writeBytes(content);
    body.writeBytes("\r\n".getBytes(UTF_8));
  }

  private URI uri(String path) {
    return URI.create("http://localhost:%d%s".formatted(port, path));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)));
  }

  /** What HTTP answers. */
  JsonNode ask(String path, String body) throws Exception {
    HttpResponse<byte[]> response =
        send(
            HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    String text = new String(response.body(), UTF_8);
    assertThat(response.statusCode()).as("seed %d: %s: %s", seed, body, text).isBetween(200, 201);
    return JSON.readTree(text);
  }

  InferenceCall open(String model, Operation operation) {
    return inference.open(
        new ModelRequest.Specific(new ModelId(model, 1)),
        operation,
        null,
        new Client(Caller.ANYBODY, CancellationSignal.NONE));
  }

  InferenceCall openStep(String sequence) {
    return inference.openStep(
        sequence, Operation.STEP, null, new Client(Caller.ANYBODY, CancellationSignal.NONE));
  }

  Signature signature(String model) {
    try (InferenceCall call = open(model, Operation.STEP)) {
      return call.signature();
    }
  }

  /** The request of a step. */
  static InferenceRequest request(List<Tensor> inputs, boolean detect) {
    return new InferenceRequest(
        Operation.STEP,
        inputs,
        null,
        null,
        new Options(null, false, OptionalLong.empty(), Units.READINGS, detect),
        FIELDS);
  }

  /** Computes a step. */
  static InferenceResult infer(InferenceCall call, InferenceRequest request) throws IOException {
    try (call) {
      return call.infer((signature, memory) -> request, new Whole());
    }
  }

  /** Hands a result on as it is. */
  private static final class Whole implements ResultEncoder<InferenceResult> {
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public InferenceResult encode(InferenceResult result) {
      return result;
    }
  }

  static List<Tensor> decode(ValueFormat format, byte[] value, Signature signature)
      throws BadRecordException {
    return new ReadingDecoder(format).decode(value, signature);
  }

  /** Numbers of a step as floats, or as an id. */
  static float[] step(Signature signature, Random random) {
    if (signature.takesIds()) {
      return new float[] {random.nextInt(signature.inputs().get(0).vocabulary().orElseThrow())};
    }
    float[] numbers = new float[signature.reading(0).size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(4)));
    }
    return numbers;
  }

  /** A record's value of a step's numbers. */
  static byte[] value(ValueFormat format, float[] numbers) {
    String line =
        Arrays.stream(doubles(numbers))
            .mapToObj(Double::toString)
            .collect(Collectors.joining(", "));
    return switch (format) {
      case JSON -> "{\"x\": [%s]}".formatted(line).getBytes(UTF_8);
      case ARRAY -> "[%s]".formatted(line).getBytes(UTF_8);
      case CSV -> line.getBytes(UTF_8);
      case FLOAT32 -> {
        ByteBuffer bytes =
            ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        yield bytes.array();
      }
    };
  }

  static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }
}
