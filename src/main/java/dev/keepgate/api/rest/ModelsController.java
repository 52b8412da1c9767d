package dev.keepgate.api.rest;

import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.VersionLabel;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/v1", produces = MediaType.APPLICATION_JSON_VALUE)
class ModelsController {

  private static final String FORMAT = "format";

  private final ModelRegistry registry;
  private final UploadReader uploads;
  private final PageLimits pages;
  private final int maxNodes;

  ModelsController(
      ModelRegistry registry,
      UploadReader uploads,
      ModelListProperties pages,
      ModelDescriptionProperties descriptions) {
    this.registry = registry;
    this.uploads = uploads;
    this.pages = pages.limits();
    this.maxNodes = descriptions.maxNodes();
  }

  @GetMapping("/models")
  ResponseEntity<ModelView.ListView> list(
      @RequestParam(name = PageLimits.LIMIT, required = false) @Nullable String limit,
      @RequestParam(name = PageLimits.AFTER, required = false) @Nullable String after,
      HttpServletRequest request) {
    QueryParameters.requireOnly(request, PageLimits.LIMIT, PageLimits.AFTER);
    int size = pages.size(limit);
    List<ModelInfo> page =
        registry.list(after == null ? null : ModelPath.cursor(after), Math.addExact(size, 1));
    boolean isLast = page.size() <= size;
    List<ModelInfo> shown = isLast ? page : page.subList(0, size);
    String next = isLast ? null : shown.get(size - 1).id().toString();
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    if (next != null) {
      answer.header(
          HttpHeaders.LINK,
          "</v1/models?%s=%d&%s=%s>; rel=\"next\""
              .formatted(PageLimits.LIMIT, size, PageLimits.AFTER, next));
    }
    return answer.body(new ModelView.ListView(shown.stream().map(this::view).toList(), next));
  }

  /** One of many. */
  private ModelView view(ModelInfo info) {
    return ModelView.of(info, labels(info));
  }

  private ModelView whole(ModelInfo info) {
    return ModelView.of(info, labels(info), maxNodes);
  }

  private SortedMap<String, VersionLabel> labels(ModelInfo info) {
    return registry.labels(info.id());
  }

  @GetMapping("/models/{model}")
  ModelView latest(@PathVariable String model, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return whole(registry.find(ModelPath.request(model, null)));
  }

  @GetMapping("/models/{model}/versions/{version}")
  ModelView version(
      @PathVariable String model, @PathVariable String version, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return whole(registry.find(ModelPath.request(model, version)));
  }

  @ResponseStatus(HttpStatus.CREATED)
  @RequestMapping(
      path = "/models/{model}/versions/{version}",
      method = {RequestMethod.PUT, RequestMethod.POST})
  ResponseEntity<ModelView> put(
      @PathVariable String model,
      @PathVariable String version,
      @RequestParam(name = FORMAT, required = false) @Nullable String format,
      HttpServletRequest request)
      throws IOException {
    ModelId id = ModelPath.id(model, version);
    return stored(model, OptionalLong.of(id.version()), format, request);
  }

  @ResponseStatus(HttpStatus.CREATED)
  @PostMapping("/models/{model}/versions")
  ResponseEntity<ModelView> post(
      @PathVariable String model,
      @RequestParam(name = FORMAT, required = false) @Nullable String format,
      HttpServletRequest request)
      throws IOException {
    return stored(ModelPath.name(model), OptionalLong.empty(), format, request);
  }

  private ResponseEntity<ModelView> stored(
      String model, OptionalLong version, @Nullable String format, HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request, FORMAT);
    ModelRegistry.Stored stored =
        uploads.read(request, format, upload -> registry.put(model, version, upload));
    ModelView view = whole(stored.info());
    return stored.created()
        ? ResponseEntity.created(
                URI.create(
                    "/v1/models/%s/versions/%d".formatted(model, stored.info().id().version())))
            .body(view)
        : ResponseEntity.ok(view);
  }

  @PostMapping("/models:inspect")
  ModelView inspect(
      @RequestParam(name = FORMAT, required = false) @Nullable String format,
      HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request, FORMAT);
    return ModelView.of(uploads.read(request, format, registry::inspect), maxNodes);
  }

  @DeleteMapping(path = "/models/{model}/versions/{version}", produces = MediaType.ALL_VALUE)
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(
      @PathVariable String model, @PathVariable String version, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.remove(ModelPath.id(model, version));
  }

  @DeleteMapping(path = "/models/{model}", produces = MediaType.ALL_VALUE)
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void deleteAll(@PathVariable String model, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.remove(ModelPath.name(model));
  }
}
