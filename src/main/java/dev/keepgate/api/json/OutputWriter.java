package dev.keepgate.api.json;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.InferenceResult.Output;
import dev.keepgate.model.ClassProbabilities;
import dev.keepgate.model.ModelSettings.Classes;
import dev.keepgate.model.Scaler;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes outputs: {@code output} of a model of one, else {@code outputs} by their names. */
public final class OutputWriter {

  private final InferenceResult result;
  private final List<Output> outputs;
  private final boolean isOnly;

  private OutputWriter(InferenceResult result, List<Output> outputs) {
    this.result = result;
    this.outputs = outputs;
    this.isOnly = result.signature().outputs().size() == 1;
  }

  public static OutputWriter of(InferenceResult result) {
    return new OutputWriter(result, result.outputs());
  }

  /** Of those that have the steps of the request. */
  public OutputWriter streamed() {
    return new OutputWriter(
        result, outputs.stream().filter(output -> output.described().isStreamed()).toList());
  }

  /** Of those that have not. */
  public OutputWriter unstreamed() {
    return new OutputWriter(
        result, outputs.stream().filter(output -> !output.described().isStreamed()).toList());
  }

  public boolean isEmpty() {
    return outputs.isEmpty();
  }

  /** How many numbers they have. */
  public long numbers() {
    long numbers = 0;
    for (Output output : outputs) {
      numbers += output.values().length;
    }
    return numbers;
  }

  /** Appends {@code "output":...} or {@code "outputs":{...}}. */
  public void write(JsonBuffer json) {
    if (isOnly) {
      Output output = outputs.get(0);
      json.raw("\"output\":");
      write(json, output);
      return;
    }
    json.raw("\"outputs\":{");
    for (Output output : outputs) {
      write(json.comma().name(output.described().name()), output);
    }
    json.raw("}");
  }

  /** Appends the numbers of a model's only output, without a name. */
  public void writeOnly(JsonBuffer json) {
    write(json, outputs.get(0));
  }

  private void write(JsonBuffer json, Output output) {
    Scaler scaler = output.scaler();
    if (scaler == null) {
      json.tensor(output.values(), 0, shape(output));
    } else {
      json.tensor(scaler.invert(output.values()), 0, shape(output));
    }
  }

  /**
   * Appends {@code ,"classes":[...]}, the likeliest of each row or step, where there are labels.
   */
  public void writeClasses(JsonBuffer json) {
    Classes classes = result.signature().settings().classes();
    if (classes == null || outputs.isEmpty()) {
      return;
    }
    Output output = outputs.get(0);
    int[] shape = shape(output);
    json.raw(",\"classes\":");
    writeClasses(json, output, Arrays.copyOf(shape, shape.length - 1), 0, 0);
  }

  /**
   * @param row of the output, from which on they are written
   */
  private int writeClasses(JsonBuffer json, Output output, int[] shape, int axis, int row) {
    if (axis == shape.length) {
      writeClasses(json, output, row);
      return row + 1;
    }
    int next = row;
    json.raw("[");
    for (int i = 0; i < shape[axis]; i++) {
      json.comma();
      next = writeClasses(json, output, shape, axis + 1, next);
    }
    json.raw("]");
    return next;
  }

  /** Appends the same of one step. */
  public void writeClasses(JsonBuffer json, int step) {
    if (result.signature().settings().classes() == null || outputs.isEmpty()) {
      return;
    }
    Output output = outputs.get(0);
    json.raw(",\"classes\":").raw(result.batched() ? "[" : "");
    for (int row = 0; row < result.batch(); row++) {
      writeClasses(json.raw(row > 0 ? "," : ""), output, row * result.time() + step);
    }
    json.raw(result.batched() ? "]" : "");
  }

  private void writeClasses(JsonBuffer json, Output output, int row) {
    int width = output.shape()[output.shape().length - 1];
    json.raw("[");
    for (ClassProbabilities.Ranked ranked :
        ranking().top(output.values(), row * width, width, result.shape().units().top())) {
      json.comma().raw("{").name("label").string(ranked.name());
      json.comma().name("probability").raw(Double.toString(ranked.probability())).raw("}");
    }
    json.raw("]");
  }

  private ClassProbabilities ranking() {
    return new ClassProbabilities(Objects.requireNonNull(result.signature().settings().classes()));
  }

  /** Appends the same of one step. */
  public void writeStep(JsonBuffer json, int step) {
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
      json.raw(row > 0 ? "," : "");
      Scaler scaler = output.scaler();
      if (scaler == null) {
        json.tensor(output.values(), at, shape);
      } else {
        float[] own = Arrays.copyOfRange(output.values(), at, at + width);
        json.tensor(scaler.invert(own), 0, shape);
      }
    }
    json.raw(result.batched() ? "]" : "");
  }

  /** Adds a tensor each. */
  public void putInto(Map<String, Tensor.Floats> tensors) {
    for (Output output : outputs) {
      tensors.put(output.described().name(), Tensor.Floats.of(output.rounded(), shape(output)));
    }
  }

  private int[] shape(Output output) {
    return result.batched()
        ? output.shape()
        : Arrays.copyOfRange(output.shape(), 1, output.shape().length);
  }
}
