package dev.keepgate.api.json;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.tensor.JsonBuffer;

/**
 * Writes the answer of a sequence's step: its outputs, its classes, its error where that was asked,
 * and its number.
 */
public record SequenceStepWriter(InferenceResult result) {

  /** Appends it without braces. */
  public void write(JsonBuffer json) {
    OutputWriter outputs = OutputWriter.of(result);
    outputs.write(json);
    outputs.writeClasses(json);
    StepErrorWriter.write(result, json);
    json.raw(",\"step\":").raw(Long.toString(result.step()));
  }
}
