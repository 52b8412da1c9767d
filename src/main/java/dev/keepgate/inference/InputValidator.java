package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
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
    float[] x = signature.takesIds() ? new float[0] : features(request.x().shape());
    int[] ids = signature.takesIds() ? ids() : null;
    int[] lengths = lengths(size.batch(), size.time(), size.batched());
    RecurrentState state =
        kept != null
            ? kept
            : new StateValidator(signature.state(), errors)
                .validate(request.state(), request.fields(), size.batch(), size.batched());
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    return new NetworkInput(size.batch(), size.time(), x, ids, lengths, state);
  }

  /**
   * What the shape of x says.
   *
   * @throws InvalidInput if it is none of the operation's
   */
  Size size() {
    int[] shape = request.x().shape();
    int full = (request.operation() == Operation.STEP ? 1 : 2) + (signature.takesIds() ? 0 : 1);
    boolean batched = request.isBatched(signature);
    if (!batched && shape.length != full - 1) {
      throw new InvalidInput(request.fields().x(), shapeError(shape));
    }
    int batch = batched ? shape[0] : 1;
    int time = request.operation() == Operation.STEP ? 1 : shape[batched ? 1 : 0];
    if (batch == 0 || time == 0) {
      throw new InvalidInput(request.fields().x(), "is empty: " + Arrays.toString(shape));
    }
    return new Size(batch, time, batched);
  }

  private String shapeError(int[] got) {
    String width = signature.takesIds() ? "" : ", " + signature.inputSize();
    String expected =
        request.operation() == Operation.STEP
            ? signature.takesIds()
                ? "[batch] or []"
                : "[batch" + width + "] or [" + signature.inputSize() + "]"
            : "[batch, time" + width + "] or [time" + width + "]";
    return "expected shape %s, got %s".formatted(expected, Arrays.toString(got));
  }

  private float[] features(int[] shape) {
    if (shape[shape.length - 1] != signature.inputSize()) {
      errors.add(new FieldError(request.fields().x(), shapeError(shape)));
      return new float[0];
    }
    return StateValidator.floats(request.x(), request.fields().x(), errors);
  }

  private int[] ids() {
    int vocabulary = signature.inputs().get(0).vocabulary().orElseThrow();
    if (!(request.x() instanceof Tensor.Ints ints)) {
      errors.add(
          new FieldError(
              request.fields().x(),
              "expected integers from 0 to %d for the model's embedding"
                  .formatted(vocabulary - 1)));
      return new int[0];
    }
    for (int i = 0; i < ints.values().length; i++) {
      int id = ints.values()[i];
      if (id < 0 || id >= vocabulary) {
        errors.add(
            new FieldError(
                request.fields().x(),
                "expected integers from 0 to %d, got %d at %s"
                    .formatted(vocabulary - 1, id, StateValidator.position(i, ints.shape()))));
        break;
      }
    }
    return ints.values();
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
    for (int i = 0; i < batch; i++) {
      int length = ints.values()[i];
      if (length < 0 || length > time) {
        errors.add(
            new FieldError(field, "expected 0 to %d, got %d at [%d]".formatted(time, length, i)));
        return null;
      }
    }
    return ints.values();
  }
}
