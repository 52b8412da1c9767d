package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Validates a request's tensors against a model: all faults at once, each at its field. */
final class InputValidator {

  private final Signature signature;
  private final InferenceRequest request;
  private final List<FieldError> errors = new ArrayList<>();

  /**
   * A request's size.
   *
   * @param batch how many rows
   * @param time how many steps, padding included
   * @param batched whether it has a batch dimension
   */
  record Size(int batch, int time, boolean batched) {}

  InputValidator(Signature signature, InferenceRequest request) {
    this.signature = signature;
    this.request = request;
  }

  /**
   * Validates all of it.
   *
   * @param size the request's own
   * @param kept the state that the server has; null where the request brings its own, or none
   * @throws InvalidInput if anything does not fit
   */
  NetworkInput validate(Size size, @Nullable RecurrentState kept) {
    requireSteps(size);
    InputTensors tensors = new InputTensors(request, size, errors);
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < signature.inputs().size(); i++) {
      Scaler scaler = i == signature.sequenceInput() ? scaler() : null;
      Signature.Input input = scaler == null ? signature.inputs().get(i) : signature.reading(i);
      inputs.add(tensors.validate(input, request.inputs().get(i), scaler));
    }
    int[] lengths = lengths(size.batch(), size.time(), size.batched());
    RecurrentState state =
        kept != null
            ? kept
            : new StateValidator(signature.state(), errors)
                .validate(request.state(), request.fields(), size.batch(), size.batched());
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    Tensor x = inputs.get(0);
    return new NetworkInput(
        size.batch(),
        size.time(),
        x instanceof Tensor.Floats floats ? floats.values() : new float[0],
        x instanceof Tensor.Ints ints ? ints.values() : null,
        lengths,
        state,
        inputs.subList(1, inputs.size()));
  }

  private @Nullable Scaler scaler() {
    return request.options().units().scaled() ? null : signature.settings().scaler();
  }

  /** Bytes of the arrays that are made of integers where real numbers are due, or vice versa. */
  long convertedBytes() {
    long bytes = 0;
    for (int i = 0; i < signature.inputs().size(); i++) {
      Tensor given = request.inputs().get(i);
      boolean takesIds = signature.inputs().get(i).vocabulary().isPresent();
      boolean isScaled = i == signature.sequenceInput() && scaler() != null;
      if (isScaled
          || (takesIds ? !(given instanceof Tensor.Ints) : !(given instanceof Tensor.Floats))) {
        bytes +=
            Tensor.count(given.shape()) * (isScaled ? Double.BYTES + Float.BYTES : Float.BYTES);
      }
    }
    return bytes;
  }

  /**
   * What the shape of the input along whose steps the request goes says.
   *
   * @throws InvalidInput if it is none of the operation's
   */
  Size size() {
    int sequence = signature.sequenceInput();
    Signature.Input input =
        scaler() == null ? signature.inputs().get(sequence) : signature.reading(sequence);
    int[] shape = request.inputs().get(sequence).shape();
    boolean batched = request.isBatched(signature);
    int rank = request.rank(input);
    if (!InputTensors.hasRank(input, shape, batched ? rank : rank - 1)) {
      throw new InvalidInput(
          request.fields().input(input), InputTensors.shapeError(request, input, shape));
    }
    int batch = batched ? shape[0] : 1;
    int time = 1;
    if (request.operation() == Operation.UNROLL && rank > 2 - (input.steps() ? 1 : 0)) {
      time = shape[batched ? 1 : 0];
    }
    if (batch == 0 || time == 0) {
      throw new InvalidInput(request.fields().input(input), "is empty: " + Arrays.toString(shape));
    }
    return new Size(batch, time, batched);
  }

  private void requireSteps(Size size) {
    int least = signature.inside().leastSteps();
    Signature.Input input = signature.inputs().get(signature.sequenceInput());
    if (input.steps() && size.time() < least) {
      errors.add(
          new FieldError(
              request.fields().input(input),
              "expected at least %d steps, got %d".formatted(least, size.time())));
    }
  }

  private int @Nullable [] lengths(int batch, int time, boolean batched) {
    Tensor lengths = request.lengths();
    if (lengths == null) {
      return null;
    }
    String field = request.fields().lengths();
    if (request.operation() == Operation.STEP) {
      errors.add(new FieldError(field, "a step has no lengths"));
      return null;
    }
    if (signature.inputs().stream().noneMatch(Signature.Input::steps)) {
      errors.add(new FieldError(field, "this model has no input of open length"));
      return null;
    }
    boolean shaped =
        Arrays.equals(lengths.shape(), new int[] {batch}) || (!batched && lengths.rank() == 0);
    if (!shaped || !(lengths instanceof Tensor.Ints ints)) {
      errors.add(
          new FieldError(
              field,
              "expected %s integers, got %s"
                  .formatted(
                      Arrays.toString(new int[] {batch}),
                      lengths instanceof Tensor.Ints
                          ? Arrays.toString(lengths.shape())
                          : "real numbers")));
      return null;
    }
    return areInside(ints.values(), time, field) ? ints.values() : null;
  }

  private boolean areInside(int[] lengths, int time, String field) {
    int least = signature.inside().leastSteps();
    for (int i = 0; i < lengths.length; i++) {
      int length = lengths[i];
      if (length < 0 || length > time) {
        errors.add(
            new FieldError(field, "expected 0 to %d, got %d at [%d]".formatted(time, length, i)));
        return false;
      }
      if (length > 0 && length < least) {
        errors.add(
            new FieldError(
                field,
                "expected 0, or at least %d steps, got %d at [%d]".formatted(least, length, i)));
        return false;
      }
    }
    return true;
  }
}
