package dev.keepgate.api.rest;

import dev.keepgate.api.json.OutputWriter;
import dev.keepgate.api.json.SequenceStepWriter;
import dev.keepgate.api.json.StateWriter;
import dev.keepgate.api.json.StepErrorWriter;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes what a sequence's calls are answered. */
final class SequenceWriter {

  private SequenceWriter() {}

  /** Writes a step's answer: the same bytes for the same step, whenever it is asked for. */
  static void write(
      InferenceResult result, boolean withState, boolean safetensors, HttpServletResponse response)
      throws IOException {
    OutputWriter outputs = OutputWriter.of(result);
    StateWriter state = new StateWriter(result.output().state(), result.batch(), result.batched());
    if (safetensors) {
      Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
      outputs.putInto(tensors);
      StepErrorWriter.putInto(result, tensors);
      if (withState) {
        state.putInto(tensors);
      }
      send(tensors, Map.of("step", Long.toString(result.step())), response);
      return;
    }
    BodyFormat.send(
        outputs.numbers() + (withState ? state.numbers() : 0),
        json -> {
          json.raw("{");
          new SequenceStepWriter(result).write(json);
          if (withState) {
            state.write(json);
          }
          json.raw("}");
        },
        response);
  }

  /** Bytes that writing a sequence with its state takes. */
  static long encodedBytes(SequenceInfo info, boolean safetensors) {
    StateWriter state = new StateWriter(info.state(), info.batch(), true);
    return BodyFormat.encodedBytes(state.numbers(), safetensors);
  }

  /** Writes what a sequence is. */
  static void write(
      SequenceInfo info, boolean withState, boolean safetensors, HttpServletResponse response)
      throws IOException {
    StateWriter state = new StateWriter(info.state(), info.batch(), true);
    Map<String, String> strings = new LinkedHashMap<>();
    strings.put("id", info.id());
    strings.put("model", info.model().name());
    strings.put("version", Long.toString(info.model().version()));
    if (safetensors) {
      Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
      if (withState) {
        state.putInto(tensors);
      }
      strings.put("step", Long.toString(info.step()));
      strings.put("batch", Integer.toString(info.batch()));
      strings.put("ttl", simple(info.ttl()));
      strings.put("expires_at", info.expiresAt().toString());
      send(tensors, strings, response);
      return;
    }
    BodyFormat.send(
        withState ? state.numbers() : 0,
        json -> {
          json.raw("{");
          // Names of models and ids of sequences have nothing that JSON would escape.
          strings.forEach(
              (name, value) -> json.comma().raw("\"%s\":\"%s\"".formatted(name, value)));
          json.raw(
              ",\"step\":%d,\"batch\":%d,\"ttl\":\"%s\",\"expires_at\":\"%s\""
                  .formatted(info.step(), info.batch(), simple(info.ttl()), info.expiresAt()));
          if (withState) {
            state.write(json);
          }
          json.raw("}");
        },
        response);
  }

  private static void send(
      Map<String, Tensor.Floats> tensors,
      Map<String, String> metadata,
      HttpServletResponse response)
      throws IOException {
    response.setContentType(Safetensors.MEDIA_TYPE);
    Safetensors.write(response.getOutputStream(), tensors, metadata);
  }

  static String simple(Duration duration) {
    return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
  }
}
