package dev.keepgate.api.rest;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.LstmOutput.CellTrace;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the answer of a step or an unroll, in the shapes of its request. */
final class ResultWriter {

  private final InferenceResult result;

  ResultWriter(InferenceResult result) {
    this.result = result;
  }

  /** Appends the whole answer. */
  void writeJson(JsonBuffer json) {
    writeModel(json);
    json.raw(",\"output\":").tensor(result.output().output(), 0, outputShape());
    state().write(json);
    writeTrace(json, result.output().trace());
    json.raw("}");
  }

  /** The end of a stream: the answer without its outputs. */
  void writeEnd(JsonBuffer json) {
    writeModel(json);
    json.raw(",\"steps\":" + result.time());
    state().write(json);
    json.raw("}");
  }

  private void writeModel(JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version())).raw("\"");
  }

  private StateWriter state() {
    return new StateWriter(result.output().state(), result.batch(), result.batched());
  }

  /** How many numbers the answer has. */
  long numbers() {
    LstmOutput output = result.output();
    List<CellTrace> trace = output.trace() == null ? List.of() : output.trace();
    long traced = trace.stream().mapToLong(cell -> 6L * cell.cell().length).sum();
    return output.output().length + state().numbers() + traced;
  }

  private void writeTrace(JsonBuffer json, @Nullable List<CellTrace> trace) {
    if (trace == null) {
      return;
    }
    json.raw(",\"trace\":[");
    for (int i = 0; i < trace.size(); i++) {
      json.comma().raw("{");
      CellConfig config = result.config().cells().get(i);
      gates(trace.get(i))
          .forEach(
              (name, values) ->
                  json.comma()
                      .raw("\"" + name + "\":")
                      .tensor(values, 0, traceShape(name, config)));
      json.raw("}");
    }
    json.raw("]");
  }

  /** Writes {@code output}, {@code h}, {@code c} and {@code trace.<cell>.<gate>}, all F32. */
  void writeSafetensors(OutputStream out) throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    tensors.put("output", Tensor.Floats.of(result.output().output(), outputShape()));
    state().putInto(tensors);
    List<CellTrace> trace = result.output().trace();
    for (int i = 0; trace != null && i < trace.size(); i++) {
      String prefix = "trace." + i + ".";
      CellConfig config = result.config().cells().get(i);
      gates(trace.get(i))
          .forEach(
              (name, values) ->
                  tensors.put(prefix + name, Tensor.Floats.of(values, traceShape(name, config))));
    }
    Safetensors.write(
        out,
        tensors,
        Map.of("model", result.id().name(), "version", Long.toString(result.id().version())));
  }

  private static Map<String, float[]> gates(CellTrace trace) {
    Map<String, float[]> gates = new LinkedHashMap<>();
    gates.put("input", trace.input());
    gates.put("forget", trace.forget());
    gates.put("output", trace.output());
    gates.put("candidate", trace.candidate());
    gates.put("cell", trace.cell());
    gates.put("hidden", trace.hidden());
    return gates;
  }

  int[] outputShape() {
    int width = result.config().outputSize();
    return result.sequences() ? steps(width) : rows(width);
  }

  private int[] traceShape(String gate, CellConfig config) {
    int width = gate.equals("hidden") ? config.outputSize() : config.hiddenSize();
    return result.operation() == Operation.STEP ? rows(width) : steps(width);
  }

  private int[] rows(int width) {
    return result.batched() ? new int[] {result.batch(), width} : new int[] {width};
  }

  private int[] steps(int width) {
    return result.batched()
        ? new int[] {result.batch(), result.time(), width}
        : new int[] {result.time(), width};
  }
}
