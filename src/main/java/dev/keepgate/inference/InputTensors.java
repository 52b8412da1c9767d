package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Validates the inputs of one request, whose open sizes must agree. */
final class InputTensors {

  private final InferenceRequest request;
  private final InputValidator.Size size;
  private final List<FieldError> errors;

  /** Of each open size that is not the request's own, what the first input that has it says. */
  private final Map<Dimension, Integer> open = new HashMap<>(0);

  /**
   * @param errors collects what does not fit
   */
  InputTensors(InferenceRequest request, InputValidator.Size size, List<FieldError> errors) {
    this.request = request;
    this.size = size;
    this.errors = errors;
  }

  /** Whether a shape has so many dimensions; integers may have one of size 1 more. */
  static boolean hasRank(Signature.Input input, int[] shape, int rank) {
    return shape.length == rank
        || (input.vocabulary().isPresent()
            && shape.length == rank + 1
            && rank > 0
            && shape[rank] == 1);
  }

  static String shapeError(InferenceRequest request, Signature.Input input, int[] got) {
    List<String> dims =
        input.shape().stream()
            .filter(dim -> request.operation() != Operation.STEP || !dim.equals(Dimension.TIME))
            .map(Dimension::toString)
            .toList();
    return "expected shape [%s] or [%s], got %s"
        .formatted(
            String.join(", ", dims),
            dims.stream().skip(1).collect(Collectors.joining(", ")),
            Arrays.toString(got));
  }

  /**
   * The tensor as the model takes it, [batch, ...] with its steps; any tensor where it does not
   * fit.
   *
   * @param input as a request brings it
   * @param scaler that makes the model's numbers of it; null where it has them
   */
  Tensor validate(Signature.Input input, Tensor given, @Nullable Scaler scaler) {
    int[] sizes = sizes(input, given.shape());
    String field = request.fields().input(input);
    if (sizes == null) {
      errors.add(new FieldError(field, shapeError(request, input, given.shape()) + rows(given)));
      return given;
    }
    if (input.vocabulary().isPresent()) {
      int[] ids = ids(given, input.vocabulary().getAsInt(), field);
      return ids == null ? given : new Tensor.Ints(sizes, ids);
    }
    return scaler == null
        ? new Tensor.Floats(sizes, StateValidator.floats(given, field, errors))
        : scaled(given, sizes, scaler, field);
  }

  private Tensor scaled(Tensor given, int[] sizes, Scaler scaler, String field) {
    double[] readings = StateValidator.doubles(given);
    for (int i = 0; i < readings.length; i++) {
      if (!Double.isFinite(readings[i])) {
        errors.add(
            new FieldError(
                field,
                "holds " + readings[i] + " at " + StateValidator.position(i, given.shape())));
        return given;
      }
    }
    float[] numbers = scaler.scale(readings);
    sizes[sizes.length - 1] = scaler.outputs();
    for (int i = 0; i < numbers.length; i++) {
      if (!Float.isFinite(numbers[i])) {
        errors.add(
            new FieldError(
                field,
                "is beyond what the model's scaler maps to a 32-bit float at "
                    + StateValidator.position(i, sizes)));
        return given;
      }
    }
    return new Tensor.Floats(sizes, numbers);
  }

  /** What the other inputs say, where it is not this one's inner sizes that are wrong. */
  private String rows(Tensor given) {
    boolean isOther = given != request.inputs().get(0);
    return isOther
        ? " (the request has %s%d steps)"
            .formatted(size.batched() ? size.batch() + " rows of " : "", size.time())
        : "";
  }

  /** All sizes with the rows and the steps; null where they do not fit. */
  private int @Nullable [] sizes(Signature.Input input, int[] given) {
    int rank = request.rank(input) - (size.batched() ? 0 : 1);
    if (!hasRank(input, given, rank)) {
      return null;
    }
    int[] sizes = new int[input.shape().size()];
    int at = 0;
    for (int axis = 0; axis < sizes.length; axis++) {
      Dimension dim = input.shape().get(axis);
      boolean isLeftOut =
          axis == 0
              ? !size.batched()
              : request.operation() == Operation.STEP && dim.equals(Dimension.TIME);
      sizes[axis] = isLeftOut ? 1 : given[at++];
      if (sizes[axis] == 0 || sizes[axis] != expected(dim, sizes[axis])) {
        return null;
      }
    }
    return sizes;
  }

  private int expected(Dimension dim, int own) {
    if (dim.symbol() == null) {
      return dim.size();
    }
    if (dim.equals(Dimension.TIME)) {
      return size.time();
    }
    return dim.equals(Dimension.BATCH) ? size.batch() : open.computeIfAbsent(dim, any -> own);
  }

  private int @Nullable [] ids(Tensor given, int vocabulary, String field) {
    int[] ids = given instanceof Tensor.Ints ints ? ints.values() : whole(given);
    if (ids == null) {
      errors.add(
          new FieldError(
              field,
              "expected integers from 0 to %d for the model's embedding"
                  .formatted(vocabulary - 1)));
      return null;
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabulary) {
        errors.add(
            new FieldError(
                field,
                "expected integers from 0 to %d, got %d at %s"
                    .formatted(vocabulary - 1, ids[i], StateValidator.position(i, given.shape()))));
        return null;
      }
    }
    return ids;
  }

  /** Real numbers without a fraction as integers; null where one has a fraction. */
  private static int @Nullable [] whole(Tensor given) {
    double[] values = StateValidator.doubles(given);
    // A float beyond 2^24 may stand for another integer than was meant.
    double most = given instanceof Tensor.Doubles ? Integer.MAX_VALUE : 1 << 24;
    int[] whole = new int[values.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (int) values[i];
      if (whole[i] != values[i] || Math.abs(values[i]) > most) {
        return null;
      }
    }
    return whole;
  }
}
