package dev.keepgate.api.rest;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.InferenceResult.Output;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes outputs: {@code output} of a model of one, else {@code outputs} by their names. */
final class OutputWriter {

  private final InferenceResult result;
  private final List<Output> outputs;
  private final boolean isOnly;

  private OutputWriter(InferenceResult result, List<Output> outputs) {
    this.result = result;
    this.outputs = outputs;
    this.isOnly = result.signature().outputs().size() == 1;
  }

  static OutputWriter of(InferenceResult result) {
    return new OutputWriter(result, result.outputs());
  }

  /** Of those that have the steps of the request. */
  OutputWriter streamed() {
    return new OutputWriter(
        result, outputs.stream().filter(output -> output.described().isStreamed()).toList());
  }

  /** Of those that have not. */
  OutputWriter unstreamed() {
    return new OutputWriter(
        result, outputs.stream().filter(output -> !output.described().isStreamed()).toList());
  }

  boolean isEmpty() {
    return outputs.isEmpty();
  }

  /** How many numbers they have. */
  long numbers() {
    long numbers = 0;
    for (Output output : outputs) {
      numbers += output.values().length;
    }
    return numbers;
  }

  /** Appends {@code "output":...} or {@code "outputs":{...}}. */
  void write(JsonBuffer json) {
    if (isOnly) {
      Output output = outputs.get(0);
      json.raw("\"output\":").tensor(output.values(), 0, shape(output));
      return;
    }
    json.raw("\"outputs\":{");
    for (Output output : outputs) {
      json.comma().name(output.described().name()).tensor(output.values(), 0, shape(output));
    }
    json.raw("}");
  }

  /** Appends the same of one step. */
  void writeStep(JsonBuffer json, int step) {
    if (isOnly) {
      json.raw("\"output\":");
      writeStep(json, outputs.get(0), step);
      return;
    }
    json.raw("\"outputs\":{");
    for (Output output : outputs) {
      writeStep(json.comma().name(output.described().name()), output, step);
    }
    json.raw("}");
  }

  private void writeStep(JsonBuffer json, Output output, int step) {
    int width = output.rowSize() / result.time();
    int[] shape = Arrays.copyOfRange(output.shape(), 2, output.shape().length);
    json.raw(result.batched() ? "[" : "");
    for (int row = 0; row < result.batch(); row++) {
      int at = (row * result.time() + step) * width;
      json.raw(row > 0 ? "," : "").tensor(output.values(), at, shape);
    }
    json.raw(result.batched() ? "]" : "");
  }

  /** Adds a tensor each. */
  void putInto(Map<String, Tensor.Floats> tensors) {
    for (Output output : outputs) {
      tensors.put(output.described().name(), Tensor.Floats.of(output.values(), shape(output)));
    }
  }

  private int[] shape(Output output) {
    return result.batched()
        ? output.shape()
        : Arrays.copyOfRange(output.shape(), 1, output.shape().length);
  }
}
