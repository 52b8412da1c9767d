package dev.keepgate.api.rest;

import dev.keepgate.api.json.OutputWriter;
import dev.keepgate.api.json.StateWriter;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Slot;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Npy;
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
  private final boolean returnsState;

  /**
   * @param returnsState whether the state is answered as well
   */
  ResultWriter(InferenceResult result, boolean returnsState) {
    this.result = result;
    this.returnsState = returnsState;
  }

  /** Appends the whole answer. */
  void writeJson(JsonBuffer json) {
    writeModel(json);
    json.raw(",");
    OutputWriter outputs = OutputWriter.of(result);
    outputs.write(json);
    outputs.writeClasses(json);
    writeState(json);
    writeTrace(json, result.output().trace());
    json.raw("}");
  }

  /** The end of a stream: the answer without the outputs that came step by step. */
  void writeEnd(JsonBuffer json) {
    writeModel(json);
    json.raw(",\"steps\":" + result.time());
    OutputWriter rest = OutputWriter.of(result).unstreamed();
    if (!rest.isEmpty()) {
      json.raw(",");
      rest.write(json);
      rest.writeClasses(json);
    }
    writeState(json);
    json.raw("}");
  }

  private void writeModel(JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version())).raw("\"");
  }

  private void writeState(JsonBuffer json) {
    if (returnsState) {
      state().write(json);
    }
  }

  private StateWriter state() {
    return new StateWriter(result.output().state(), result.batch(), result.batched());
  }

  /** How many numbers the answer has. */
  long numbers() {
    List<CellTrace> trace = result.output().trace();
    long traced = 0;
    for (CellTrace cell : trace == null ? List.<CellTrace>of() : trace) {
      for (float[] values : cell.values()) {
        traced += values.length;
      }
    }
    return OutputWriter.of(result).numbers() + (returnsState ? state().numbers() : 0) + traced;
  }

  private void writeTrace(JsonBuffer json, @Nullable List<CellTrace> trace) {
    if (trace == null) {
      return;
    }
    json.raw(",\"trace\":[");
    for (int i = 0; i < trace.size(); i++) {
      json.comma().raw("{");
      CellTrace cell = trace.get(i);
      for (int slot = 0; slot < cell.values().length; slot++) {
        json.comma().raw("\"").raw(cell.slots().get(slot).name()).raw("\":");
        json.tensor(cell.values()[slot], 0, traceShape(cell.slots().get(slot)));
      }
      json.raw("}");
    }
    json.raw("]");
  }

  /**
   * Writes {@code output} or each output, the state's slots and {@code trace.<cell>.<gate>}, all
   * F32.
   */
  void writeSafetensors(OutputStream out) throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    OutputWriter.of(result).putInto(tensors);
    if (returnsState) {
      state().putInto(tensors);
    }
    List<CellTrace> trace = result.output().trace();
    for (int i = 0; trace != null && i < trace.size(); i++) {
      String prefix = "trace." + i + ".";
      CellTrace cell = trace.get(i);
      for (int slot = 0; slot < cell.values().length; slot++) {
        tensors.put(
            prefix + cell.slots().get(slot).name(),
            Tensor.Floats.of(cell.values()[slot], traceShape(cell.slots().get(slot))));
      }
    }
    Safetensors.write(
        out,
        tensors,
        Map.of("model", result.id().name(), "version", Long.toString(result.id().version())));
  }

  /** Writes the only output, F32. */
  void writeNpy(OutputStream out) throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    OutputWriter.of(result).putInto(tensors);
    Npy.write(out, tensors.values().iterator().next());
  }

  private int[] traceShape(Slot slot) {
    return result.operation() == Operation.STEP ? rows(slot.width()) : steps(slot.width());
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
