package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered.
 *
 * @param id the version that computed it
 * @param signature what it takes and answers
 * @param shape of the request
 * @param output the numbers
 * @param step how many steps the sequence has taken; 0 where the request was of none
 * @param errors [batch, time]: how far off was what the sequence's steps said of the next, NaN
 *     where nothing was said; null where that was not asked
 */
public record InferenceResult(
    ModelId id,
    Signature signature,
    Shape shape,
    NetworkOutput output,
    long step,
    double @Nullable [] errors) {

  /**
   * How the outputs are laid out.
   *
   * @param operation what was asked
   * @param batch how many rows
   * @param time how many steps a row, padding included
   * @param sequences whether there is an output for every step
   * @param batched whether the request named a batch dimension, so that the answer has one too
   * @param units in what numbers it is answered
   */
  public record Shape(
      Operation operation,
      int batch,
      int time,
      boolean sequences,
      boolean batched,
      InferenceRequest.Units units) {

    /** Of what answers a request. */
    static Shape of(InferenceRequest request, Signature signature, NetworkInput input) {
      return new Shape(
          request.operation(),
          input.batch(),
          input.time(),
          request.returnsSequences(signature),
          request.isBatched(signature),
          request.options().units());
    }
  }

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

  /**
   * A tensor of the answer.
   *
   * @param described what the model says of it
   * @param shape [batch, ...]
   * @param values the network's own
   * @param scaler whose inverse makes readings of them; null where they are answered as they are
   */
  public record Output(
      Signature.Output described, int[] shape, float[] values, @Nullable Scaler scaler) {

    /** The numbers as they are answered, rounded to floats. */
    public float[] rounded() {
      if (scaler == null) {
        return values;
      }
      double[] readings = scaler.invert(values);
      float[] rounded = new float[readings.length];
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = (float) readings[i];
      }
      return rounded;
    }

    /** The numbers as they are answered. */
    double[] numbers() {
      if (scaler != null) {
        return scaler.invert(values);
      }
      double[] numbers = new double[values.length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = values[i];
      }
      return numbers;
    }

    /** How many numbers each row has. */
    public int rowSize() {
      return values.length / shape[0];
    }
  }

  /** All outputs, in the order of the model's. */
  public List<Output> outputs() {
    return outputs(signature, shape, output);
  }

  /** The same of a model that has no name yet. */
  static List<Output> outputs(Signature signature, Shape shape, NetworkOutput output) {
    Scaler scaler = shape.units().scaled() ? null : signature.settings().targetScaler();
    if (output.all().isEmpty()) {
      Signature.Output only = signature.outputs().get(0);
      int[] sizes = only.sizes(shape.batch(), shape.time(), shape.sequences());
      return List.of(new Output(only, sizes, output.output(), scaler));
    }
    List<Output> outputs = new ArrayList<>();
    for (int i = 0; i < output.all().size(); i++) {
      Tensor.Floats tensor = output.all().get(i);
      outputs.add(
          new Output(
              signature.outputs().get(i), tensor.shape(), tensor.values(), i == 0 ? scaler : null));
    }
    return outputs;
  }

  InferenceResult with(NetworkOutput other) {
    return new InferenceResult(id, signature, shape, other, step, errors);
  }

  InferenceResult atStep(long taken) {
    return new InferenceResult(id, signature, shape, output, taken, errors);
  }

  InferenceResult withErrors(double[] found) {
    return new InferenceResult(id, signature, shape, output, step, found);
  }
}
