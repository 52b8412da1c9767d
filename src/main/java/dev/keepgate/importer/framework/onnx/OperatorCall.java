package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node of the graph with the values that it is given. */
record OperatorCall(OnnxNode node, List<@Nullable Value> inputs, Evaluation evaluation) {

  boolean has(int input) {
    return input < inputs.size() && inputs.get(input) != null;
  }

  @Nullable Value find(int input) {
    return input < inputs.size() ? inputs.get(input) : null;
  }

  Value get(int input) throws ImportException {
    Value value = find(input);
    if (value == null) {
      throw node.refuse("input %d is missing".formatted(input));
    }
    return value;
  }

  ImportException refuse(String detail) {
    return node.refuse(detail);
  }

  GraphNodes nodes() {
    return evaluation.nodes();
  }

  boolean isData(int input) {
    return find(input) instanceof Value.Data;
  }

  /** What depends on the model's input. */
  Value.Data data(int input) throws ImportException {
    if (get(input) instanceof Value.Data data) {
      return evaluation.nodes().settled(data);
    }
    throw refuse("input %d does not depend on the model's input".formatted(input));
  }

  /**
   * Why an operator over the batch is refused; where the batch of an input is not known yet, its
   * second dimension is tried.
   */
  ImportException refuseBatch(Value.Data data, String detail) {
    for (List<Axis> dimension : data.dims()) {
      for (Axis axis : dimension) {
        GraphInputs inputs = evaluation.nodes().inputs();
        if (axis.isBatch() && axis.index() == 0 && inputs.data(axis.input()).rank() > 2) {
          InputLayout layout = inputs.layout(axis.input());
          throw new InputLayout.Learned(axis.input(), layout.withBatch(1));
        }
      }
    }
    return refuse(detail);
  }

  boolean isConstant(int input) {
    Value value = find(input);
    return value instanceof Value.StoredConstant || value instanceof Value.Constant;
  }

  /** A constant with its numbers. */
  Value.Constant numbers(int input) throws IOException, ImportException {
    Value value = get(input);
    if (value instanceof Value.StoredConstant || value instanceof Value.Integers) {
      return stored(input, value);
    }
    return constant(value);
  }

  /** One of the inputs as a constant. */
  Value.Constant constant(Value value) throws IOException, ImportException {
    int input = Math.max(0, inputs.indexOf(value));
    return stored(input, value);
  }

  private Value.Constant stored(int input, Value value) throws IOException, ImportException {
    if (value instanceof Value.Constant numbers) {
      return numbers;
    }
    if (value instanceof Value.StoredConstant stored) {
      return evaluation.read(node.inputs().get(input), stored);
    }
    if (value instanceof Value.Integers integers) {
      long[] constants = constants(integers);
      float[] values = new float[constants.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = constants[i];
      }
      return new Value.Constant(integers.scalar() ? new int[0] : new int[] {values.length}, values);
    }
    throw refuse("input %d ('%s') is no constant".formatted(input, node.inputs().get(input)));
  }

  /** A constant of a known shape. */
  float[] numbers(int input, int... shape) throws IOException, ImportException {
    Value.Constant numbers = numbers(input);
    if (!Arrays.equals(numbers.shape(), shape)) {
      throw refuse(
          "input '%s' has shape %s, expected %s"
              .formatted(
                  node.inputs().get(input),
                  Arrays.toString(numbers.shape()),
                  Arrays.toString(shape)));
    }
    return numbers.values();
  }

  /** Integers of a shape computation. */
  List<SymbolicSize> sizes(int input) throws ImportException {
    if (get(input) instanceof Value.Integers integers) {
      return integers.elements();
    }
    if (get(input) instanceof Value.Constant constant && constant.rank() < 2) {
      List<SymbolicSize> elements = new ArrayList<>();
      for (float number : constant.values()) {
        if (number != Math.rint(number)) {
          throw refuse("input %d is no whole number".formatted(input));
        }
        elements.add(SymbolicSize.of((long) number));
      }
      return elements;
    }
    throw refuse("input %d ('%s') cannot be told ahead".formatted(input, node.inputs().get(input)));
  }

  /** Integers that are constant. */
  long[] constants(int input) throws ImportException {
    return constants(new Value.Integers(sizes(input), false));
  }

  private long[] constants(Value.Integers integers) throws ImportException {
    List<SymbolicSize> sizes = integers.elements();
    long[] constants = new long[sizes.size()];
    for (int i = 0; i < constants.length; i++) {
      if (!sizes.get(i).isConstant()) {
        throw refuse("one of its inputs depends on the size of the model's input");
      }
      constants[i] = sizes.get(i).offset();
    }
    return constants;
  }

  /** Integers that newer versions of an operator take as an input, older as an attribute. */
  @Nullable List<SymbolicSize> sizes(String attribute, int input) throws ImportException {
    List<Long> old = node.integers(attribute);
    if (old != null) {
      return old.stream().map(SymbolicSize::of).toList();
    }
    return has(input) ? sizes(input) : null;
  }

  /** Axes, as attribute or input, of a value of some dimensions; null where not given. */
  @Nullable List<Integer> axes(int input, int rank) throws ImportException {
    List<SymbolicSize> sizes = sizes("axes", input);
    if (sizes == null) {
      return null;
    }
    List<Integer> axes = new ArrayList<>();
    for (SymbolicSize size : sizes) {
      if (!size.isConstant()) {
        throw refuse("the axes are not constant");
      }
      axes.add(axis(size.offset(), rank));
    }
    return axes;
  }

  /** An axis that may count from the end. */
  int axis(long axis, int rank) throws ImportException {
    if (axis < -rank || axis >= rank) {
      throw refuse("there is no axis %d of %d".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }
}
