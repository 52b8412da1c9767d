package dev.keepgate.api.rest;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.tensor.TensorFormatException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "models", description = "Which models are served.")
@RequestMapping(path = "/v1", produces = MediaType.APPLICATION_JSON_VALUE)
class ModelsController {

  private static final String FORMAT = "format";
  private static final String LIMIT = "limit";
  private static final String AFTER = "after";

  private final ModelRegistry registry;
  private final UploadReader uploads;
  private final ModelListProperties pages;

  ModelsController(ModelRegistry registry, UploadReader uploads, ModelListProperties pages) {
    this.registry = registry;
    this.uploads = uploads;
    this.pages = pages;
  }

  @Operation(
      operationId = "listModels",
      summary = "List the versions of all models, by name and number")
  @ApiResponse(
      responseCode = "200",
      headers =
          @Header(
              name = "Link",
              description = "rel=next: the next page, where there is one",
              schema = @Schema(type = "string")))
  @GetMapping("/models")
  ResponseEntity<ModelView.ListView> list(
      @Parameter(
              description = "versions in the page at most; 1000 where it is missing",
              schema = @Schema(type = "integer", minimum = "1"))
          @RequestParam(name = LIMIT, required = false)
          @Nullable String limit,
      @Parameter(description = "the next of the page before; missing for the first")
          @RequestParam(name = AFTER, required = false)
          @Nullable String after,
      @Parameter(hidden = true) HttpServletRequest request) {
    QueryParameters.requireOnly(request, LIMIT, AFTER);
    int size = limit == null ? pages.defaultLimit() : limit(limit);
    List<ModelInfo> page =
        registry.list(after == null ? null : ModelPath.cursor(after), Math.addExact(size, 1));
    boolean isLast = page.size() <= size;
    List<ModelInfo> shown = isLast ? page : page.subList(0, size);
    String next = isLast ? null : shown.get(size - 1).id().toString();
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    if (next != null) {
      answer.header(
          HttpHeaders.LINK,
          "</v1/models?%s=%d&%s=%s>; rel=\"next\"".formatted(LIMIT, size, AFTER, next));
    }
    return answer.body(new ModelView.ListView(shown.stream().map(ModelView::of).toList(), next));
  }

  private int limit(String text) {
    if (text.matches("[1-9][0-9]{0,8}") && Integer.parseInt(text) <= pages.maxLimit()) {
      return Integer.parseInt(text);
    }
    throw new TensorFormatException(
        "?" + LIMIT,
        "expected a whole number from 1 to %d, got '%s'".formatted(pages.maxLimit(), text));
  }

  @Operation(
      operationId = "getModel",
      summary = "Show the version of a model that answers by default")
  @GetMapping("/models/{model}")
  ModelView latest(
      @PathVariable String model, @Parameter(hidden = true) HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return ModelView.of(registry.find(ModelPath.request(model, null)));
  }

  @Operation(operationId = "getModelVersion", summary = "Show one version of a model")
  @GetMapping("/models/{model}/versions/{version}")
  ModelView version(
      @PathVariable String model,
      @PathVariable String version,
      @Parameter(hidden = true) HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return ModelView.of(registry.find(ModelPath.request(model, version)));
  }

  @Operation(
      operationId = "putModelVersion",
      summary = "Make a version of a model from the file that a framework saved",
      description =
          "Trying again is harmless: where the version was made of the same files and"
              + " configuration, the answer is 200.")
  @ModelFile
  @ApiResponse(responseCode = "200", description = "The version was made of the same files before")
  @ApiResponse(responseCode = "201")
  @ApiResponse(responseCode = "409", description = "The version exists, and is another")
  @ResponseStatus(HttpStatus.CREATED)
  @PutMapping("/models/{model}/versions/{version}")
  ResponseEntity<ModelView> put(
      @PathVariable String model,
      @PathVariable String version,
      @Parameter(description = "safetensors, npz, ...; told from the bytes where it is missing")
          @RequestParam(name = FORMAT, required = false)
          @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException {
    ModelId id = ModelPath.id(model, version);
    return stored(model, OptionalLong.of(id.version()), format, request);
  }

  @Operation(operationId = "postModelVersion", summary = "Make the next version of a model")
  @ModelFile
  @ApiResponse(responseCode = "201")
  @ApiResponse(responseCode = "409", description = "No number is left above the highest version")
  @ResponseStatus(HttpStatus.CREATED)
  @PostMapping("/models/{model}/versions")
  ResponseEntity<ModelView> post(
      @PathVariable String model,
      @RequestParam(name = FORMAT, required = false) @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException {
    return stored(ModelPath.name(model), OptionalLong.empty(), format, request);
  }

  private ResponseEntity<ModelView> stored(
      String model, OptionalLong version, @Nullable String format, HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request, FORMAT);
    ModelRegistry.Stored stored =
        uploads.read(request, format, upload -> registry.put(model, version, upload));
    ModelView view = ModelView.of(stored.info());
    return stored.created()
        ? ResponseEntity.created(
                URI.create(
                    "/v1/models/%s/versions/%d".formatted(model, stored.info().id().version())))
            .body(view)
        : ResponseEntity.ok(view);
  }

  @Operation(operationId = "inspectModel", summary = "Tell what a file holds, and keep nothing")
  @ModelFile
  @ApiResponse(responseCode = "200")
  @PostMapping("/models:inspect")
  ModelView inspect(
      @RequestParam(name = FORMAT, required = false) @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request, FORMAT);
    return ModelView.of(uploads.read(request, format, registry::inspect));
  }

  @Operation(
      operationId = "deleteModelVersion",
      summary = "Take a version away; requests in flight finish on it")
  @ApiResponse(responseCode = "204")
  @ApiResponse(responseCode = "409", description = "Its folder is a symbolic link")
  @ApiResponse(
      responseCode = "503",
      description = "It is still loading, with Retry-After; or the disk cannot be written")
  @DeleteMapping("/models/{model}/versions/{version}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(
      @PathVariable String model,
      @PathVariable String version,
      @Parameter(hidden = true) HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.remove(ModelPath.id(model, version));
  }

  @Operation(operationId = "deleteModel", summary = "Take every version of a model away")
  @ApiResponse(responseCode = "204")
  @ApiResponse(responseCode = "409", description = "Its folder is a symbolic link")
  @ApiResponse(
      responseCode = "503",
      description = "It is still loading, with Retry-After; or the disk cannot be written")
  @DeleteMapping("/models/{model}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void deleteAll(@PathVariable String model, @Parameter(hidden = true) HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.remove(ModelPath.name(model));
  }
}
