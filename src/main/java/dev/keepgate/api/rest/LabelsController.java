package dev.keepgate.api.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.VersionLabel;
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
  private static final String WEIGHT = "/weight";
  private static final String SHADOW = "/shadow";

  private final ModelRegistry registry;

  LabelsController(ModelRegistry registry) {
    this.registry = registry;
  }

  /**
   * All labels of a model, and the versions that they stand for.
   *
   * @param weights of those labels that have one; null where none has
   * @param shadows likewise
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record AllView(
      String model,
      SortedMap<String, String> labels,
      @Nullable SortedMap<String, Double> weights,
      @Nullable SortedMap<String, Double> shadows) {}

  /**
   * A label, and the version that it stands for.
   *
   * @param weight null where it has none
   * @param shadow likewise
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record LabelView(
      String model,
      String label,
      String version,
      @Nullable Double weight,
      @Nullable Double shadow) {}

  @GetMapping
  AllView list(@PathVariable String model, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    SortedMap<String, String> labels = new TreeMap<>();
    SortedMap<String, VersionLabel> targets = registry.labels(ModelPath.name(model));
    targets.forEach((label, target) -> labels.put(label, Long.toString(target.version())));
    return new AllView(model, labels, ModelView.weights(targets), ModelView.shadows(targets));
  }

  @GetMapping("/{label}")
  LabelView show(
      @PathVariable String model, @PathVariable String label, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    return view(model, label, registry.labelled(ModelPath.name(model), ModelPath.label(label)));
  }

  @PutMapping(path = "/{label}", consumes = MediaType.APPLICATION_JSON_VALUE)
  LabelView put(@PathVariable String model, @PathVariable String label, HttpServletRequest request)
      throws IOException {
    QueryParameters.requireOnly(request);
    String name = ModelPath.name(model);
    ModelPath.label(label);
    byte[] bytes = BodyLimit.of(request, LONGEST_BODY).readAllBytes();
    Fields fields = new Fields();
    JsonFields.read(bytes, bytes.length, fields::read);
    if (fields.version == null) {
      throw new TensorFormatException("/version", "is missing");
    }
    if (fields.weight != 0 && label.equals(ModelRequest.STABLE)) {
      throw new TensorFormatException(
          WEIGHT, "is not for stable, which gets what the weights of the other labels leave");
    }
    if (fields.shadow != 0 && label.equals(ModelRequest.STABLE)) {
      throw new TensorFormatException(SHADOW, "is not for stable, which others are held against");
    }
    VersionLabel target = new VersionLabel(fields.version, fields.weight, fields.shadow);
    try {
      registry.label(name, label, target);
    } catch (RegistryException.TooMuchWeight e) {
      throw new TensorFormatException(WEIGHT, "is too much: " + e.getMessage());
    }
    return view(name, label, target);
  }

  private static LabelView view(String model, String label, VersionLabel target) {
    Double weight = target.weight() > 0 ? target.weight() : null;
    Double shadow = target.shadow() > 0 ? target.shadow() : null;
    return new LabelView(model, label, Long.toString(target.version()), weight, shadow);
  }

  /** What a body may say. */
  private static final class Fields {
    private @Nullable Long version;
    private double weight;
    private double shadow;

    private void read(JsonParser json, String field) {
      switch (field) {
        case "version" -> version = version(json);
        case "weight" -> {
          weight = JsonFields.share(json, WEIGHT);
          if (weight == 1) {
            throw new TensorFormatException(
                WEIGHT, "expected less than 1; label it stable for all");
          }
        }
        case "shadow" -> shadow = JsonFields.share(json, SHADOW);
        default -> throw JsonFields.unknown(field, "version, weight, shadow");
      }
    }

    private static long version(JsonParser json) {
      boolean isText =
          json.currentToken() == JsonToken.VALUE_STRING
              || json.currentToken() == JsonToken.VALUE_NUMBER_INT;
      OptionalLong parsed = isText ? ModelId.parseVersion(json.getString()) : OptionalLong.empty();
      return parsed.orElseThrow(() -> new TensorFormatException("/version", ModelId.VERSION_RULE));
    }
  }

  @DeleteMapping(path = "/{label}", produces = MediaType.ALL_VALUE)
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String model, @PathVariable String label, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    registry.unlabel(ModelPath.name(model), ModelPath.label(label));
  }
}
