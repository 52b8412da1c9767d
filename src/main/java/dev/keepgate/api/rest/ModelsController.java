package dev.keepgate.api.rest;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.Upload;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
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

  private final ModelRegistry registry;
  private final UploadReader uploads;

  ModelsController(ModelRegistry registry, UploadReader uploads) {
    this.registry = registry;
    this.uploads = uploads;
  }

  @Operation(operationId = "listModels", summary = "List every version of every model")
  @GetMapping("/models")
  ModelView.ListView list() {
    return new ModelView.ListView(registry.list().stream().map(ModelView::of).toList());
  }

  @Operation(
      operationId = "getModel",
      summary = "Show the version of a model that answers by default")
  @GetMapping("/models/{model}")
  ModelView latest(@PathVariable String model) {
    return ModelView.of(registry.find(ModelPath.request(model, null)));
  }

  @Operation(operationId = "getModelVersion", summary = "Show one version of a model")
  @GetMapping("/models/{model}/versions/{version}")
  ModelView version(@PathVariable String model, @PathVariable String version) {
    return ModelView.of(registry.find(ModelPath.request(model, version)));
  }

  @Operation(
      operationId = "putModelVersion",
      summary = "Make a version of a model from the file that a framework saved")
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
          @RequestParam(required = false)
          @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException, ServletException {
    ModelId id = ModelPath.id(model, version);
    return created(model, OptionalLong.of(id.version()), format, request);
  }

  @Operation(operationId = "postModelVersion", summary = "Make the next version of a model")
  @ModelFile
  @ApiResponse(responseCode = "201")
  @ResponseStatus(HttpStatus.CREATED)
  @PostMapping("/models/{model}/versions")
  ResponseEntity<ModelView> post(
      @PathVariable String model,
      @RequestParam(required = false) @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException, ServletException {
    return created(ModelPath.name(model), OptionalLong.empty(), format, request);
  }

  private ResponseEntity<ModelView> created(
      String model, OptionalLong version, @Nullable String format, HttpServletRequest request)
      throws IOException, ServletException {
    try (Upload upload = registry.newUpload()) {
      uploads.read(request, format, upload);
      ModelRegistry.Stored stored = registry.put(model, version, upload);
      ModelView view = ModelView.of(stored.info());
      return stored.created()
          ? ResponseEntity.created(
                  URI.create(
                      "/v1/models/%s/versions/%d".formatted(model, stored.info().id().version())))
              .body(view)
          : ResponseEntity.ok(view);
    }
  }

  @Operation(operationId = "inspectModel", summary = "Tell what a file holds, and keep nothing")
  @ModelFile
  @ApiResponse(responseCode = "200")
  @PostMapping("/models:inspect")
  ModelView inspect(
      @RequestParam(required = false) @Nullable String format,
      @Parameter(hidden = true) HttpServletRequest request)
      throws IOException, ServletException {
    try (Upload upload = registry.newUpload()) {
      uploads.read(request, format, upload);
      return ModelView.of(registry.inspect(upload));
    }
  }

  @Operation(
      operationId = "deleteModelVersion",
      summary = "Take a version away; requests in flight finish on it")
  @ApiResponse(responseCode = "204")
  @ApiResponse(responseCode = "503", description = "It is still loading; with Retry-After")
  @DeleteMapping("/models/{model}/versions/{version}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String model, @PathVariable String version) {
    registry.remove(ModelPath.id(model, version));
  }

  @Operation(operationId = "deleteModel", summary = "Take every version of a model away")
  @ApiResponse(responseCode = "204")
  @ApiResponse(responseCode = "503", description = "It is still loading; with Retry-After")
  @DeleteMapping("/models/{model}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void deleteAll(@PathVariable String model) {
    registry.remove(ModelPath.name(model));
  }
}
