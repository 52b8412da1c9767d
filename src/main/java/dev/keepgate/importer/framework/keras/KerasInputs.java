package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.keras.KerasCall.Tensor;
import dev.keepgate.model.Network;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** What a model of a graph takes. */
final class KerasInputs {

  /** How many steps the sequences have. */
  enum Steps {
    /** Any number, whatever the model was made for, and each its own. */
    EACH_ITS_OWN,

    /** Any number, and all the same. */
    ALL_THE_SAME,

    /** What the model was made for. */
    AS_MADE
  }

  private final KerasScope scope;

  KerasInputs(KerasScope scope) {
    this.scope = scope;
  }

  /**
   * The inputs, in the order of the scope's.
   *
   * @param steps how the sequences' numbers of steps are taken
   */
  List<Signature.Input> read(Steps steps) throws ImportException {
    List<Signature.Input> inputs = new ArrayList<>();
    boolean hasTime = false;
    for (Tensor input : scope.inputs()) {
      String name = scope.inputs().size() == 1 ? Network.INPUT : input.layer();
      OptionalInt vocabulary = vocabulary(input);
      JsonNode shape = shape(input);
      int rank = shape.size();
      boolean isSequence = rank > 2 || vocabulary.isPresent();
      List<Dimension> dims = new ArrayList<>(List.of(Dimension.BATCH));
      for (int axis = 1; axis < rank; axis++) {
        JsonNode size = shape.get(axis);
        boolean isSteps = axis == 1 && isSequence;
        if (!size.isInt() && !isSteps) {
          throw ImportException.unsupported(
              "input '%s'".formatted(input.layer()),
              "has shape %s; only its steps may be open".formatted(shape));
        }
        dims.add(
            isSteps && (steps != Steps.AS_MADE || !size.isInt())
                ? hasTime && steps == Steps.EACH_ITS_OWN
                    ? new Dimension(name + "_time", 0)
                    : Dimension.TIME
                : Dimension.of(size.intValue()));
      }
      hasTime |= dims.contains(Dimension.TIME);
      inputs.add(new Signature.Input(name, dims, vocabulary));
    }
    return inputs;
  }

  /**
   * How many steps the first sequence was made for; 0 where that is open, or where a layer's state
   * goes on from batch to batch.
   */
  int window() {
    for (KerasLayer layer : scope.layers().values()) {
      if (layer.config().path("stateful").asBoolean(false)) {
        return 0;
      }
    }
    int rank = hasEmbedding() ? 2 : 3;
    for (KerasLayer layer : scope.layers().values()) {
      JsonNode shape = shape(layer.config());
      if (shape.size() == rank || shape.size() == 3) {
        return shape.get(1).asInt(0);
      }
    }
    return 0;
  }

  private boolean hasEmbedding() {
    return scope.layers().values().stream()
        .anyMatch(layer -> layer.className().equals("Embedding"));
  }

  /** Of an input that only goes into embeddings, the bound of its integers. */
  private OptionalInt vocabulary(Tensor input) {
    for (List<KerasCall> calls : scope.calls().values()) {
      for (KerasCall call : calls) {
        boolean isEmbedding = call.layer().className().equals("Embedding");
        if (isEmbedding && call.inputs().contains(input)) {
          return OptionalInt.of(call.layer().config().path("input_dim").asInt(0));
        }
      }
    }
    return OptionalInt.empty();
  }

  private JsonNode shape(Tensor input) throws ImportException {
    KerasLayer layer = scope.layers().get(input.layer());
    if (layer == null) {
      layer = scope.layers().values().iterator().next();
    }
    JsonNode shape = shape(layer.config());
    if (!shape.isArray()) {
      throw layer.unsupported("batch_shape", "is missing: give the model an Input");
    }
    return shape;
  }

  /** Of an input layer, or of a first layer where there is none, or of a model inside. */
  private static JsonNode shape(JsonNode config) {
    JsonNode shape = config.path("batch_shape");
    if (!shape.isArray()) {
      shape = config.path("batch_input_shape");
    }
    JsonNode first = config.path("layers").path(0).path("config");
    return shape.isArray() || first.isMissingNode() ? shape : shape(first);
  }
}
