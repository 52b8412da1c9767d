package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Names for versions that move from one to the next. */
@RestController
@RequestMapping(path = LabelsController.LABELS, produces = MediaType.APPLICATION_JSON_VALUE)
class LabelsController {

  static final String LABELS = InferenceController.MODEL + "/labels";
  private static final int LONGEST_BODY = 1 << 12;

  private final ModelRegistry registry;

  LabelsController(ModelRegistry registry) {
    this.registry = registry;
  }

  /** All labels of a model, and the versions that they stand for. */
  record AllView(String model, SortedMap<String, String> labels) {}

  /** A label, and the version that it stands for. */
  record LabelView(String model, String label, String version) {}

  @GetMapping
  AllView list(@PathVariable String model, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    SortedMap<String, String> labels = new TreeMap<>();
    registry
        .labels(ModelPath.name(model))
        .forEach((label, version) -> labels.put(label, Long.toString(version)));
    return new AllView(model, labels);
  }

  @GetMapping("/{label}")
  LabelView show(
      @PathVariable String model, @PathVariable String label, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return view(registry.labelled(ModelPath.name(model), ModelPath.label(label)), label);
  }

  @PutMapping(path = "/{label}", consumes = MediaType.APPLICATION_JSON_VALUE)
  LabelView put(@PathVariable String model, @PathVariable String label, HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request);
    String name = ModelPath.name(model);
    ModelPath.label(label);
    byte[] bytes = BodyLimit.of(request, LONGEST_BODY).readAllBytes();
    Fields fields = new Fields();
    JsonFields.read(new Body(bytes, bytes.length), fields::read);
    if (fields.version == null) {
      throw new TensorFormatException("/version", "is missing");
    }
    ModelId id = new ModelId(name, fields.version);
    registry.label(id, label);
    return view(id, label);
  }

  private static LabelView view(ModelId id, String label) {
    return new LabelView(id.name(), label, Long.toString(id.version()));
  }

  /** What a body may say. */
  private static final class Fields {
    private @Nullable Long version;

    private void read(JsonParser json, String field) {
      if (!field.equals("version")) {
        throw JsonFields.unknown(field, "version");
      }
      boolean isText =
          json.currentToken() == JsonToken.VALUE_STRING
              || json.currentToken() == JsonToken.VALUE_NUMBER_INT;
      OptionalLong parsed = isText ? ModelId.parseVersion(json.getString()) : OptionalLong.empty();
      version =
          parsed.orElseThrow(() -> new TensorFormatException("/version", ModelId.VERSION_RULE));
    }
  }

  @DeleteMapping(path = "/{label}", produces = MediaType.ALL_VALUE)
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String model, @PathVariable String label, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.unlabel(ModelPath.name(model), ModelPath.label(label));
  }
}
