package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Validates a state as a client sent it against a model; what is missing is zero. */
final class StateValidator {

  private final StateLayout layout;
  private final List<FieldError> errors;

  /**
   * @param errors collects what does not fit
   */
  StateValidator(StateLayout layout, List<FieldError> errors) {
    this.layout = layout;
    this.errors = errors;
  }

  /**
   * The state, or zeros in the place of what does not fit.
   *
   * @param given null where there is none
   * @param batched whether the batch dimension must be there
   */
  RecurrentState validate(
      InferenceRequest.@Nullable State given,
      InferenceRequest.Fields fields,
      int batch,
      boolean batched) {
    if (given == null) {
      return RecurrentState.zero(layout, batch);
    }
    Map<String, float[][]> valid = new HashMap<>();
    for (String name : layout.names()) {
      List<Tensor> tensors = given.slots().get(name);
      valid.put(name, slot(name, tensors, fields.slot(name), batch, batched));
    }
    return RecurrentState.of(layout, valid);
  }

  private float[][] slot(
      String name, @Nullable List<Tensor> given, String field, int batch, boolean batched) {
    int[] widths = layout.widths(name);
    if (given == null) {
      return zeros(widths, batch);
    }
    boolean uniform = layout.isUniform(name);
    if (given.size() == 1 && uniform && stacks(given.get(0).shape(), widths, batch, batched)) {
      return split(floats(given.get(0), field, errors), widths, batch);
    }
    if (!uniform && given.size() == widths.length) {
      float[][] cells = new float[widths.length][];
      for (int i = 0; i < widths.length; i++) {
        int[] shape = given.get(i).shape();
        if (!isRow(shape, widths[i], batch, batched)) {
          errors.add(
              new FieldError(
                  field + "/" + i,
                  "expected shape [%d, %d], got %s"
                      .formatted(batch, widths[i], Arrays.toString(shape))));
          return zeros(widths, batch);
        }
        cells[i] = floats(given.get(i), field + "/" + i, errors);
      }
      return cells;
    }
    errors.add(
        new FieldError(
            field,
            "expected shape %s, got %s"
                .formatted(
                    expectedState(widths, uniform, batch),
                    given.size() == 1
                        ? Arrays.toString(given.get(0).shape())
                        : given.size() + " tensors")));
    return zeros(widths, batch);
  }

  private static float[][] zeros(int[] widths, int batch) {
    float[][] cells = new float[widths.length][];
    for (int i = 0; i < widths.length; i++) {
      cells[i] = new float[Math.multiplyExact(widths[i], batch)];
    }
    return cells;
  }

  private static String expectedState(int[] widths, boolean uniform, int batch) {
    if (!uniform) {
      return "[%d, width] a cell, of widths %s".formatted(batch, Arrays.toString(widths));
    }
    return widths.length == 1
        ? "[%d, %d]".formatted(batch, widths[0])
        : "[%d, %d, %d]".formatted(widths.length, batch, widths[0]);
  }

  private static boolean stacks(int[] shape, int[] widths, int batch, boolean batched) {
    if (widths.length == 1 && isRow(shape, widths[0], batch, batched)) {
      return true;
    }
    return Arrays.equals(shape, new int[] {widths.length, batch, widths[0]})
        || (!batched && Arrays.equals(shape, new int[] {widths.length, widths[0]}));
  }

  private static boolean isRow(int[] shape, int width, int batch, boolean batched) {
    return Arrays.equals(shape, new int[] {batch, width})
        || (!batched && Arrays.equals(shape, new int[] {width}));
  }

  private static float[][] split(float[] values, int[] widths, int batch) {
    float[][] cells = new float[widths.length][];
    int from = 0;
    for (int i = 0; i < widths.length; i++) {
      cells[i] = Arrays.copyOfRange(values, from, from + batch * widths[i]);
      from += batch * widths[i];
    }
    return cells;
  }

  static float[] floats(Tensor tensor, String field, List<FieldError> errors) {
    if (tensor instanceof Tensor.Ints ints) {
      float[] values = new float[ints.values().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = ints.values()[i];
      }
      return values;
    }
    if (tensor instanceof Tensor.Doubles doubles) {
      return floats(doubles, field, errors);
    }
    float[] values = ((Tensor.Floats) tensor).values();
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        errors.add(
            new FieldError(field, "holds " + values[i] + " at " + position(i, tensor.shape())));
        break;
      }
    }
    return values;
  }

  /** The numbers of a tensor in double precision. */
  static double[] doubles(Tensor tensor) {
    if (tensor instanceof Tensor.Doubles doubles) {
      return doubles.values();
    }
    double[] values = new double[Math.toIntExact(Tensor.count(tensor.shape()))];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          tensor instanceof Tensor.Ints ints
              ? ints.values()[i]
              : ((Tensor.Floats) tensor).values()[i];
    }
    return values;
  }

  private static float[] floats(Tensor.Doubles tensor, String field, List<FieldError> errors) {
    float[] values = new float[tensor.values().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) tensor.values()[i];
      if (!Float.isFinite(values[i])) {
        errors.add(
            new FieldError(
                field,
                "holds %s at %s, beyond the range of a 32-bit float"
                    .formatted(tensor.values()[i], position(i, tensor.shape()))));
        break;
      }
    }
    return values;
  }

  static String position(int index, int[] shape) {
    int[] at = new int[shape.length];
    int rest = index;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return Arrays.toString(at);
  }
}
