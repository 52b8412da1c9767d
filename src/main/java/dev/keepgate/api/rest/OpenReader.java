package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.StepNumber;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads how a sequence is to begin: a few fields, and perhaps a state. */
final class OpenReader {

  private final ModelId model;
  private final ArrayMemory memory;
  private final StateReader state;
  private @Nullable String id;
  private int batch;
  private long step;
  private @Nullable Duration ttl;

  /** Begins with what the query string says. */
  OpenReader(ModelId model, Signature signature, HttpServletRequest request, ArrayMemory memory) {
    this.model = model;
    this.memory = memory;
    this.state = new StateReader(signature.state(), memory);
    this.id = request.getParameter("id");
    this.batch = (int) RequestOptions.number(request, "batch", 1, Integer.MAX_VALUE).orElse(1);
    this.step = RequestOptions.number(request, "step", 0, StepNumber.MAX_BEHIND).orElse(0);
    this.ttl = RequestOptions.duration("?ttl", request.getParameter("ttl"));
  }

  /**
   * Reads a JSON body; an empty one says nothing. What an export says of its model must be so here
   * as well.
   *
   * @throws TensorFormatException if a field is unknown or not of its type
   */
  OpenRequest readJson(Body body) {
    if (!body.isEmpty()) {
      JsonFields.read(body.bytes(), body.size(), this::readField);
    }
    return request(RequestReader.JSON_FIELDS);
  }

  private void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (field) {
      case "id" -> id = absent ? id : JsonFields.text(json, "/id");
      case "batch" ->
          batch = absent ? batch : (int) JsonFields.number(json, "/batch", 1, Integer.MAX_VALUE);
      case "step" ->
          step = absent ? step : JsonFields.number(json, "/step", 0, StepNumber.MAX_BEHIND);
      case "ttl" ->
          ttl = absent ? ttl : RequestOptions.duration("/ttl", JsonFields.text(json, "/ttl"));
      case "state" -> state.read(json);
      case "model" -> require("/model", model.name(), JsonFields.optionalText(json, "/model"));
      case "version" ->
          require(
              "/version",
              Long.toString(model.version()),
              JsonFields.optionalText(json, "/version"));
      case "expires_at" -> JsonFields.optionalText(json, "/expires_at");
      default -> throw JsonFields.unknown(field, "id, state, batch, step, ttl");
    }
  }

  private static void require(String pointer, String expected, @Nullable String got) {
    if (got != null && !got.equals(expected)) {
      throw new TensorFormatException(
          pointer, "is %s, but this opens a sequence of %s".formatted(got, expected));
    }
  }

  /**
   * Reads a binary body: a state.
   *
   * @throws TensorFormatException if a tensor is unknown or damaged
   */
  OpenRequest readSafetensors(Body body) {
    Map<String, Tensor> tensors = Safetensors.read(body.bytes(), body.size(), memory);
    for (String name : tensors.keySet()) {
      if (!state.isPart(name)) {
        throw JsonFields.unknown(name, state.names() + ", " + state.namesByCell());
      }
    }
    state.take(tensors);
    return request(RequestReader.SAFETENSORS_FIELDS);
  }

  private OpenRequest request(InferenceRequest.Fields fields) {
    return new OpenRequest(id, batch, step, ttl, state.state(), fields);
  }
}
