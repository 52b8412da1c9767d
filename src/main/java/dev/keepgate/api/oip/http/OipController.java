package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.oip.ModelView;
import dev.keepgate.api.oip.OipModelPath;
import dev.keepgate.api.oip.ServedModels;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The Open Inference Protocol over HTTP. */
@RestController
@RequestMapping(path = InferRoutes.ROOT, produces = MediaType.APPLICATION_JSON_VALUE)
class OipController {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

  /** Bytes of a body that is no request to infer. */
  private static final int LONGEST_DOCUMENT = 1 << 20;

  private final ServedModels models;
  private final InferHandler handler;

  OipController(ServedModels models, InferHandler handler) {
    this.models = models;
    this.handler = handler;
  }

  @GetMapping("/health/live")
  Map<String, Boolean> live() {
    return Map.of("live", true);
  }

  @GetMapping("/health/ready")
  ResponseEntity<Map<String, Boolean>> ready() {
    boolean ready = models.isReady();
    return ResponseEntity.status(ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
        .body(Map.of("ready", ready));
  }

  @GetMapping({"", "/"})
  Map<String, Object> server() {
    return Map.of(
        "name",
        ServedModels.SERVER,
        "version",
        models.serverVersion(),
        "extensions",
        ServedModels.EXTENSIONS);
  }

  @GetMapping({"/models/{model}", "/models/{model}/versions/{version}"})
  ModelView.Metadata model(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    return models.metadata(model, orLatest(version));
  }

  @GetMapping({"/models/{model}/ready", "/models/{model}/versions/{version}/ready"})
  Map<String, Object> modelReady(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    return Map.of("name", models.requireReady(model, orLatest(version)).name(), "ready", true);
  }

  @GetMapping({"/models/{model}/config", "/models/{model}/versions/{version}/config"})
  ModelView.Config config(
      @PathVariable String model, @PathVariable(required = false) @Nullable String version) {
    return models.config(model, orLatest(version));
  }

  @GetMapping({
    "/models/stats",
    "/models/{model}/stats",
    "/models/{model}/versions/{version}/stats"
  })
  ModelView.AllStatistics statistics(
      @PathVariable(required = false) @Nullable String model,
      @PathVariable(required = false) @Nullable String version) {
    return new ModelView.AllStatistics(
        models.statistics(model == null ? "" : model, orLatest(version)));
  }

  private static String orLatest(@Nullable String version) {
    return version == null ? "" : version;
  }

  @PostMapping("/repository/index")
  List<ModelView.IndexEntry> index(HttpServletRequest request) throws IOException {
    Object ready = document(request, "ready").get("ready");
    if (ready != null && !(ready instanceof Boolean)) {
      throw new TensorFormatException("/ready", "expected true or false");
    }
    return models.index(Boolean.TRUE.equals(ready));
  }

  /** Answers as KServe does; Triton's clients want no more than the status. */
  @PostMapping("/repository/models/{model}/load")
  Map<String, Object> load(@PathVariable String model, HttpServletRequest request)
      throws IOException {
    Object parameters = document(request, "parameters").get("parameters");
    if (parameters != null && !(parameters instanceof Map<?, ?>)) {
      throw new TensorFormatException("/parameters", "expected an object");
    }
    models.load(
        model,
        parameters instanceof Map<?, ?> map
            ? map.keySet().stream().map(String::valueOf).toList()
            : List.of());
    return Map.of("name", model, "load", true);
  }

  @PostMapping("/repository/models/{model}/unload")
  Map<String, Object> unload(@PathVariable String model) {
    models.unload(model);
    return Map.of("name", model, "unload", true);
  }

  /** Answers JSON or bytes as the request's parameters say, whatever it accepts. */
  @PostMapping(
      path = {InferRoutes.LATEST, InferRoutes.VERSIONED},
      produces = MediaType.ALL_VALUE)
  void infer(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    handler.infer(OipModelPath.request(model, orLatest(version)), request, response);
  }

  /** Of whatever type it is said to be: Triton's clients do not say. */
  private Map<String, Object> document(HttpServletRequest request, String known)
      throws IOException {
    byte[] bytes = BodyLimit.of(request, LONGEST_DOCUMENT).readAllBytes();
    if (bytes.length == 0) {
      return Map.of();
    }
    // A document may be null.
    @Nullable Map<String, Object> document = JSON.readValue(bytes, OBJECT);
    if (document == null) {
      return Map.of();
    }
    for (String field : document.keySet()) {
      if (!field.equals(known)) {
        throw new TensorFormatException(
            TensorFormatException.token(field), "is unknown; known is " + known);
      }
    }
    return document;
  }
}
