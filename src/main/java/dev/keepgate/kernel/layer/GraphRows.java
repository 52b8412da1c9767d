package dev.keepgate.kernel.layer;

import dev.keepgate.model.CellTrace;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Slot;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Parts a batch into sequences of one length, and puts together what came of them. */
final class GraphRows {

  private final Signature signature;
  private final NetworkInput input;
  private final int[] lengths;
  private final boolean returnSequences;
  private final @Nullable List<CellTrace> traces;
  private final RecurrentState state;

  /** What came of each length, of the rows of that length. */
  private final Map<Integer, NetworkOutput> parts = new LinkedHashMap<>();

  GraphRows(
      Signature signature,
      NetworkInput input,
      boolean returnSequences,
      @Nullable List<CellTrace> traces) {
    this.signature = signature;
    this.input = input;
    this.lengths = lengths(input);
    this.returnSequences = returnSequences;
    this.traces = traces;
    this.state = RecurrentState.zero(signature.state(), input.batch());
  }

  private static int[] lengths(NetworkInput input) {
    int[] lengths = new int[input.batch()];
    Arrays.fill(lengths, input.time());
    return input.lengths() == null ? lengths : input.lengths();
  }

  static boolean areOfOneLength(NetworkInput input) {
    return Arrays.stream(lengths(input)).allMatch(length -> length == input.time());
  }

  static List<CellTrace> traces(Signature signature, NetworkInput input) {
    int steps = input.batch() * input.time();
    return signature.inside().trace().stream().map(cell -> CellTrace.zero(cell, steps)).toList();
  }

  /** What each input gets, by its name. */
  static Map<String, Value> inputs(Signature signature, NetworkInput input) {
    Map<String, Value> values = new LinkedHashMap<>();
    for (int i = 0; i < signature.inputs().size(); i++) {
      Signature.Input described = signature.inputs().get(i);
      values.put(
          described.name(), value(i == 0 ? first(described, input) : input.others().get(i - 1)));
    }
    return values;
  }

  private static Tensor first(Signature.Input described, NetworkInput input) {
    int[] dims = described.sizes(input.batch(), input.time());
    return input.ids() != null
        ? new Tensor.Ints(dims, input.ids())
        : new Tensor.Floats(dims, input.x());
  }

  private static Value value(Tensor tensor) {
    if (tensor instanceof Tensor.Ints ints) {
      float[] numbers = new float[ints.values().length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = ints.values()[i];
      }
      return Value.of(numbers, ints.shape());
    }
    return Value.of(((Tensor.Floats) tensor).values(), tensor.shape());
  }

  /** The last step of a sequence. */
  static Value last(Value value) {
    int steps = value.dims()[1];
    int width = value.stride(1);
    int[] dims =
        IntStream.range(0, value.rank()).filter(i -> i != 1).map(i -> value.dims()[i]).toArray();
    Value last = Value.zero(dims);
    for (int row = 0; row < value.batch(); row++) {
      System.arraycopy(
          value.data(), (row * steps + steps - 1) * width, last.data(), row * width, width);
    }
    return last;
  }

  /** All lengths but 0, whose rows answer zeros and keep their state. */
  int[] lengths() {
    return Arrays.stream(lengths).filter(length -> length > 0).distinct().toArray();
  }

  private int[] rows(int length) {
    return IntStream.range(0, lengths.length).filter(row -> lengths[row] == length).toArray();
  }

  /** The rows of one length, without padding. */
  NetworkInput part(int length) {
    int[] rows = rows(length);
    RecurrentState before = RecurrentState.zero(signature.state(), rows.length);
    for (int i = 0; i < rows.length; i++) {
      input.state().copyRow(rows[i], before, i);
    }
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < signature.inputs().size(); i++) {
      Signature.Input described = signature.inputs().get(i);
      Tensor part = (i == 0 ? first(described, input) : input.others().get(i - 1)).rows(rows);
      parts.add(described.steps() ? part.steps(length) : part);
    }
    Tensor x = parts.get(0);
    return new NetworkInput(
        rows.length,
        length,
        x instanceof Tensor.Floats floats ? floats.values() : new float[0],
        x instanceof Tensor.Ints ints ? ints.values() : null,
        null,
        before,
        parts.subList(1, parts.size()));
  }

  /** Takes what came of the rows of one length. */
  void add(int length, NetworkOutput output) {
    parts.put(length, output);
    int[] rows = rows(length);
    for (int i = 0; i < rows.length; i++) {
      output.state().copyRow(i, state, rows[i]);
      for (int cell = 0; traces != null && output.trace() != null && cell < traces.size(); cell++) {
        copy(
            output.trace().get(cell), i * length, traces.get(cell), rows[i] * input.time(), length);
      }
    }
  }

  private static void copy(CellTrace from, int at, CellTrace to, int toStep, int steps) {
    for (int i = 0; i < from.values().length; i++) {
      Slot slot = from.slots().get(i);
      System.arraycopy(
          from.values()[i],
          at * slot.width(),
          to.values()[i],
          toStep * slot.width(),
          steps * slot.width());
    }
  }

  /** Zero past each row's end. */
  NetworkOutput output() {
    for (int row : rows(0)) {
      input.state().copyRow(row, state, row);
    }
    List<Tensor.Floats> all = new ArrayList<>();
    for (int i = 0; i < signature.outputs().size(); i++) {
      all.add(joined(i));
    }
    return new NetworkOutput(all.get(0).values(), state, traces, all);
  }

  private Tensor.Floats joined(int output) {
    int[] dims = dims(output);
    Value whole = Value.zero(dims);
    parts.forEach((length, part) -> paste(part.all().get(output), rows(length), whole));
    return new Tensor.Floats(dims, whole.data());
  }

  /** Copies each row into the corner of its place, a vector along the last axis at a time. */
  private static void paste(Tensor.Floats part, int[] rows, Value whole) {
    int[] dims = part.shape();
    int width = dims.length == 1 ? 1 : dims[dims.length - 1];
    int[] strides = TensorFunctions.strides(whole.dims());
    int[] at = new int[Math.max(dims.length - 1, 1)];
    int[] outer = Arrays.copyOf(dims, at.length);
    for (int from = 0; from < part.values().length; from += width) {
      int to = rows[at[0]] * strides[0];
      for (int axis = 1; axis < at.length; axis++) {
        to += at[axis] * strides[axis];
      }
      System.arraycopy(part.values(), from, whole.data(), to, width);
      TensorFunctions.next(at, outer);
    }
  }

  /** Of all rows together: along each axis the most that any row has, and the request's steps. */
  private int[] dims(int output) {
    Signature.Output described = signature.outputs().get(output);
    int skipped = described.isSequence() && !returnSequences ? 1 : 0;
    int[] dims = new int[described.shape().size() - skipped];
    dims[0] = input.batch();
    for (int axis = 1; axis < dims.length; axis++) {
      Signature.Dimension dim = described.shape().get(axis + skipped);
      dims[axis] = dim.equals(Signature.Dimension.TIME) ? input.time() : dim.size();
      for (NetworkOutput part : parts.values()) {
        dims[axis] = Math.max(dims[axis], part.all().get(output).shape()[axis]);
      }
    }
    return dims;
  }
}
