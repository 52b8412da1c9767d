package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmState;
import dev.keepgate.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds a request's tensors against a model: all faults at once, each at its field. */
final class InputCheck {

  private final LstmConfig config;
  private final Operation operation;
  private final InferenceRequest request;
  private final long maxWorkingMemory;
  private final List<FieldError> errors = new ArrayList<>();

  private record Size(int batch, int time, boolean batched) {}

  /**
   * A request that fits its model.
   *
   * @param batched whether it had a batch dimension
   */
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
    return check(null, 0);
  }

  /**
   * Checks a request that goes on from a state that the server has kept.
   *
   * @param kept the state; null where the request brings its own
   * @param rows of the state
   * @throws InvalidInput if anything does not fit
   */
  Checked check(@Nullable LstmState kept, int rows) {
    Size size = size();
    bound(size);
    int batch = size.batch();
    if (kept != null && batch != rows) {
      throw new InvalidInput(
          request.fields().x(),
          "expected a row for each of the sequence's %d, got %d".formatted(rows, batch));
    }
    boolean batched = size.batched();
    float[] x = config.takesIds() ? new float[0] : features(request.x().shape());
    int[] ids = config.takesIds() ? ids() : null;
    int[] lengths = lengths(batch, size.time(), batched);
    LstmState state =
        kept != null
            ? kept
            : new StateCheck(config, errors)
                .check(request.h(), request.c(), request.fields(), batch, batched);
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    return new Checked(new LstmInput(batch, size.time(), x, ids, lengths, state), batched);
  }

  /** How many steps the request is to take, padding included. */
  int time() {
    return size().time();
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
    return StateCheck.floats(request.x(), request.fields().x(), errors);
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
                    .formatted(vocabulary - 1, id, StateCheck.position(i, ints.shape()))));
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
}
