package dev.keepgate.api.oip;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.api.http.UnsupportedCodingException;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelStatus;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Open Inference Protocol over HTTP. */
@RestController
@Tag(name = "open inference protocol", description = "KServe V2, as Triton's clients speak it.")
@RequestMapping("/v2")
class OipController {

  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "sequence",
          "sequence(string_id)",
          "schedule_policy",
          "model_repository");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ModelRegistry registry;
  private final InferService service;
  private final HttpProperties properties;
  private final String serverVersion;

  OipController(
      ModelRegistry registry,
      InferService service,
      HttpProperties properties,
      ObjectProvider<BuildProperties> build) {
    this.registry = registry;
    this.service = service;
    this.properties = properties;
    BuildProperties known = build.getIfAvailable();
    this.serverVersion = known == null ? "unknown" : String.valueOf(known.getVersion());
  }

  @OipDocs.Live
  @GetMapping("/health/live")
  Map<String, Boolean> live() {
    return Map.of("live", true);
  }

  @OipDocs.Ready
  @GetMapping("/health/ready")
  ResponseEntity<Map<String, Boolean>> ready() {
    boolean ready = registry.isReady();
    return ResponseEntity.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
        .body(Map.of("ready", ready));
  }

  @OipDocs.Server
  @GetMapping({"", "/"})
  Map<String, Object> server() {
    return Map.of("name", "keepgate", "version", serverVersion, "extensions", EXTENSIONS);
  }

  @OipDocs.Model
  @GetMapping({"/models/{model}", "/models/{model}/versions/{version}"})
  Map<String, Object> model(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    try (ModelHandle handle = acquire(model, version)) {
      Map<String, Object> metadata = new LinkedHashMap<>();
      metadata.put("name", handle.id().name());
      metadata.put("versions", versions(model, version, handle.id()));
      metadata.put("platform", "keepgate_lstm");
      metadata.put("inputs", tensors(ModelTensors.inputs(handle.config())));
      metadata.put("outputs", tensors(ModelTensors.outputs(handle.config())));
      return metadata;
    }
  }

  private List<String> versions(String model, @Nullable String version, ModelId held) {
    if (version != null) {
      return List.of(Long.toString(held.version()));
    }
    return registry.list().stream()
        .filter(info -> info.id().name().equals(model) && info.status() == ModelStatus.AVAILABLE)
        .map(info -> Long.toString(info.id().version()))
        .toList();
  }

  private static List<Map<String, Object>> tensors(List<ModelTensors.Info> infos) {
    return infos.stream()
        .<Map<String, Object>>map(
            info -> Map.of("name", info.name(), "datatype", info.datatype(), "shape", info.shape()))
        .toList();
  }

  @OipDocs.ModelReady
  @GetMapping({"/models/{model}/ready", "/models/{model}/versions/{version}/ready"})
  Map<String, Object> modelReady(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    try (ModelHandle handle = acquire(model, version)) {
      return Map.of("name", handle.id().name(), "ready", true);
    }
  }

  /** What perf_analyzer asks for; sizes without the batch, which is free (max_batch_size 0). */
  @OipDocs.Config
  @GetMapping({"/models/{model}/config", "/models/{model}/versions/{version}/config"})
  Map<String, Object> config(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    try (ModelHandle handle = acquire(model, version)) {
      LstmConfig config = handle.config();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("name", handle.id().name());
      answer.put("platform", "keepgate_lstm");
      answer.put("max_batch_size", 0);
      answer.put("input", configTensors(ModelTensors.inputs(config)));
      answer.put("output", configTensors(ModelTensors.outputs(config)));
      return answer;
    }
  }

  private static List<Map<String, Object>> configTensors(List<ModelTensors.Info> infos) {
    return infos.stream()
        .map(
            info -> {
              Map<String, Object> tensor = new LinkedHashMap<>();
              tensor.put("name", info.name());
              tensor.put("data_type", "TYPE_" + info.datatype());
              tensor.put("dims", info.shape());
              if (info.optional()) {
                tensor.put("optional", true);
              }
              return tensor;
            })
        .toList();
  }

  @OipDocs.Index
  @PostMapping("/repository/index")
  List<Map<String, Object>> index(HttpServletRequest request) throws IOException {
    boolean ready = onlyReady(body(request));
    return registry.list().stream()
        .filter(info -> !ready || info.status() == ModelStatus.AVAILABLE)
        .map(OipController::entry)
        .toList();
  }

  private static boolean onlyReady(byte[] body) {
    if (body.length == 0) {
      return false;
    }
    JsonNode json = JSON.readTree(body);
    if (!json.isObject() && !json.isNull()) {
      throw new TensorFormatException("", "expected a JSON object");
    }
    JsonNode ready = json.path("ready");
    if (!ready.isMissingNode() && !ready.isNull() && !ready.isBoolean()) {
      throw new TensorFormatException("/ready", "expected true or false");
    }
    return ready.asBoolean(false);
  }

  private static Map<String, Object> entry(ModelInfo info) {
    return Map.of(
        "name", info.id().name(),
        "version", Long.toString(info.id().version()),
        "state", state(info.status()),
        "reason", info.error() == null ? "" : info.error());
  }

  private static String state(ModelStatus status) {
    return switch (status) {
      case START, LOADING -> "LOADING";
      case AVAILABLE -> "READY";
      case UNLOADING -> "UNLOADING";
      case END -> "UNAVAILABLE";
    };
  }

  @OipDocs.Infer
  @PostMapping({"/models/{model}/infer", "/models/{model}/versions/{version}/infer"})
  void infer(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    byte[] body = body(request);
    InferCall call =
        InferBodyReader.read(
            model,
            version == null ? "" : version,
            body,
            jsonLength(request.getHeader(JSON_LENGTH)));
    InferBodyWriter.Body answer = InferBodyWriter.write(call, service.infer(call, null));
    byte[] bytes = answer.bytes();
    Encoding encoding = Encoding.of(request.getHeader("Accept-Encoding"));
    if (encoding != null) {
      bytes = encoding.encode(bytes);
      response.setHeader("Content-Encoding", encoding.header());
    }
    Integer length = answer.jsonLength();
    if (length != null) {
      response.setHeader(JSON_LENGTH, Integer.toString(length));
    }
    response.setContentType(
        length == null
            ? MediaType.APPLICATION_JSON_VALUE
            : MediaType.APPLICATION_OCTET_STREAM_VALUE);
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }

  private byte[] body(HttpServletRequest request) throws IOException {
    long limit = properties.maxBody().toBytes();
    byte[] bytes = BodyLimit.ofPacked(request, limit).readAllBytes();
    String coding = request.getHeader("Content-Encoding");
    Encoding encoding = Encoding.of(coding);
    if (encoding == null) {
      if (coding != null && !coding.equalsIgnoreCase("identity")) {
        throw new UnsupportedCodingException(coding, "gzip, deflate, identity");
      }
      return bytes;
    }
    try {
      return encoding.decode(bytes, limit);
    } catch (ZipException | EOFException e) {
      throw new TensorFormatException("", "the body is no " + encoding.header());
    }
  }

  private static int jsonLength(@Nullable String header) {
    if (header == null) {
      return -1;
    }
    if (!header.matches("[0-9]{1,9}")) {
      throw new TensorFormatException("", JSON_LENGTH + " must be a number of bytes");
    }
    return Integer.parseInt(header);
  }

  private ModelHandle acquire(String model, @Nullable String version) {
    return registry.acquire(OipModelPath.request(model, version == null ? "" : version));
  }
}
