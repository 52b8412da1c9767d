package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;

/**
 * What a request is answered.
 *
 * @param id the version that computed it
 * @param signature what it takes and answers
 * @param shape of the outputs
 * @param output the numbers
 * @param step how many steps the sequence has taken; 0 where the request was of none
 */
public record InferenceResult(
    ModelId id, Signature signature, Shape shape, NetworkOutput output, long step) {

  /**
   * How the outputs are laid out.
   *
   * @param operation what was asked
   * @param batch how many rows
   * @param time how many steps a row, padding included
   * @param sequences whether there is an output for every step
   * @param batched whether the request named a batch dimension, so that the answer has one too
   */
  public record Shape(
      Operation operation, int batch, int time, boolean sequences, boolean batched) {}

  public Operation operation() {
    return shape.operation();
  }

  public int batch() {
    return shape.batch();
  }

  public int time() {
    return shape.time();
  }

  public boolean sequences() {
    return shape.sequences();
  }

  public boolean batched() {
    return shape.batched();
  }

  InferenceResult with(NetworkOutput other) {
    return new InferenceResult(id, signature, shape, other, step);
  }

  InferenceResult atStep(long taken) {
    return new InferenceResult(id, signature, shape, output, taken);
  }
}
