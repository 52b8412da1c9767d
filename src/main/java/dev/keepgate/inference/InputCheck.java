package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmState;
import dev.keepgate.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Holds a request's tensors against a model: all faults at once, each at its field. */
final class InputCheck {

  private final LstmConfig config;
  private final Operation operation;
  private final InferenceRequest request;
  private final long maxWorkingMemory;
  private final List<FieldError> errors = new ArrayList<>();

  /**
   * A request that fits its model.
   *
   * @param batched whether it had a batch dimension
   */
  private record Size(int batch, int time, boolean batched) {}

  record Checked(LstmInput input, boolean batched) {}

  /**
   * @param maxWorkingMemory bytes that computing a request may take
   */
  InputCheck(
      LstmConfig config, Operation operation, InferenceRequest request, long maxWorkingMemory) {
    this.maxWorkingMemory = maxWorkingMemory;
    this.config = config;
    this.operation = operation;
    this.request = request;
  }

  /**
   * @throws InvalidInput if anything does not fit
   */
  Checked check() {
    Size size = size();
    bound(size);
    int batch = size.batch();
    boolean batched = size.batched();
    float[] x = config.takesIds() ? new float[0] : features(request.x().shape());
    int[] ids = config.takesIds() ? ids() : null;
    int[] lengths = lengths(batch, size.time(), batched);
    LstmState zero = LstmState.zero(config, batch);
    LstmState state =
        new LstmState(
            state(
                request.h(),
                request.fields().h(),
                batch,
                batched,
                CellConfig::outputSize,
                zero.h()),
            state(
                request.c(),
                request.fields().c(),
                batch,
                batched,
                CellConfig::hiddenSize,
                zero.c()));
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    return new Checked(new LstmInput(batch, size.time(), x, ids, lengths, state), batched);
  }

  private Size size() {
    int[] shape = request.x().shape();
    int full = (operation == Operation.STEP ? 1 : 2) + (config.takesIds() ? 0 : 1);
    boolean batched = shape.length == full;
    if (!batched && shape.length != full - 1) {
      throw new InvalidInput(request.fields().x(), shapeError(shape));
    }
    int batch = batched ? shape[0] : 1;
    int time = operation == Operation.STEP ? 1 : shape[batched ? 1 : 0];
    if (batch == 0 || time == 0) {
      throw new InvalidInput(request.fields().x(), "is empty: " + Arrays.toString(shape));
    }
    return new Size(batch, time, batched);
  }

  /** What is allocated for a request is many times its body: some rows of it may be empty. */
  private void bound(Size size) {
    long widest = 0;
    long state = 0;
    for (LayerConfig layer : config.layers()) {
      long width = layer.outputSize();
      if (layer instanceof LayerConfig.Lstm lstm) {
        long hidden = lstm.forward() != null ? lstm.forward().hiddenSize() : 0;
        hidden += lstm.backward() != null ? lstm.backward().hiddenSize() : 0;
        width += (request.trace() ? 10 : 4) * hidden;
        state += 2 * hidden;
      }
      widest = Math.max(widest, width);
    }
    long needed = size.batch() * (size.time() * widest + state) * Float.BYTES;
    if (needed > maxWorkingMemory) {
      throw new InferenceException.TooLarge(needed, maxWorkingMemory);
    }
  }

  private String shapeError(int[] got) {
    String width = config.takesIds() ? "" : ", " + config.inputSize();
    String expected =
        operation == Operation.STEP
            ? config.takesIds()
                ? "[batch] or []"
                : "[batch" + width + "] or [" + config.inputSize() + "]"
            : "[batch, time" + width + "] or [time" + width + "]";
    return "expected shape %s, got %s".formatted(expected, Arrays.toString(got));
  }

  private float[] features(int[] shape) {
    if (shape[shape.length - 1] != config.inputSize()) {
      errors.add(new FieldError(request.fields().x(), shapeError(shape)));
      return new float[0];
    }
    return floats(request.x(), request.fields().x());
  }

  private float[] floats(Tensor tensor, String field) {
    if (tensor instanceof Tensor.Ints ints) {
      float[] values = new float[ints.values().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = ints.values()[i];
      }
      return values;
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

  private int[] ids() {
    int vocabulary = ((LayerConfig.Embedding) config.layers().get(0)).vocabulary();
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
                    .formatted(vocabulary - 1, id, position(i, ints.shape()))));
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
    if (operation == Operation.STEP) {
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

  private float[][] state(
      @Nullable List<Tensor> given,
      String field,
      int batch,
      boolean batched,
      ToIntFunction<CellConfig> width,
      float[][] zero) {
    if (given == null) {
      return zero;
    }
    int[] widths = config.cells().stream().mapToInt(width).toArray();
    boolean uniform = Arrays.stream(widths).distinct().count() == 1;
    if (given.size() == 1 && uniform && stacks(given.get(0).shape(), widths, batch, batched)) {
      return split(floats(given.get(0), field), widths, batch);
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
          return zero;
        }
        cells[i] = floats(given.get(i), field + "/" + i);
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
    return zero;
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

  private static String position(int index, int[] shape) {
    int[] at = new int[shape.length];
    int rest = index;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return Arrays.toString(at);
  }
}
