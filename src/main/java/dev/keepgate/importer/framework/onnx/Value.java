package dev.keepgate.importer.framework.onnx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a value in a graph without running it. */
sealed interface Value {

  /** A constant whose numbers are still in the file. */
  record StoredConstant(OnnxTensor tensor) implements Value {}

  /** A constant. */
  record Constant(int[] shape, float[] values) implements Value {
    int rank() {
      return shape.length;
    }
  }

  /**
   * Integers that describe shapes, axes and indices.
   *
   * @param scalar whether it is one without a dimension, not a vector
   */
  record Integers(List<SymbolicSize> elements, boolean scalar) implements Value {
    static Integers vector(List<SymbolicSize> elements) {
      return new Integers(List.copyOf(elements), false);
    }
  }

  /** Zeros, of a shape that does not matter. */
  record Zeros() implements Value {}

  /** The same integer for every sequence. */
  record Filled(SymbolicSize size) implements Value {}

  /** A range of one axis of a graph input, such as one layer's initial state of many. */
  record InputRange(Axis axis, long from, long to) {}

  /**
   * What depends on the model's input: which node of the network gives it, and how its dimensions
   * lie.
   *
   * @param node of the network, or its input
   * @param groups of each dimension of what the node gives but the batch: the axes, whose product
   *     it is; of none it is 1
   * @param dims of each dimension of the value, the axes; the batch is among them, or the value is
   *     of each row alone
   * @param range the part of a graph input that it is, which no node has cut out yet
   */
  record Data(
      String node, List<List<Axis>> groups, List<List<Axis>> dims, @Nullable InputRange range)
      implements Value {

    public Data {
      groups = groups.stream().map(List::copyOf).toList();
      dims = dims.stream().map(List::copyOf).toList();
    }

    Data(String node, List<List<Axis>> groups, List<List<Axis>> dims) {
      this(node, groups, dims, null);
    }

    int rank() {
      return dims.size();
    }

    Data withDims(List<List<Axis>> other) {
      return new Data(node, groups, other, range);
    }

    Data at(String other) {
      return new Data(other, groups, dims, null);
    }

    /** The number of elements along a dimension; null where it has no simple form. */
    @Nullable SymbolicSize size(int dimension) {
      SymbolicSize size = SymbolicSize.of(1);
      for (Axis axis : dims.get(dimension)) {
        size = size == null ? null : size.times(SymbolicSize.of(axis));
      }
      return size;
    }

    /** The dimensions with one replaced, or left out where it becomes null. */
    List<List<Axis>> replace(int dimension, @Nullable List<Axis> by) {
      List<List<Axis>> other = new ArrayList<>(dims);
      if (by == null) {
        other.remove(dimension);
      } else {
        other.set(dimension, by);
      }
      return other;
    }

    /** With axes in place of another, wherever it is. */
    Data replaced(Axis axis, List<Axis> by) {
      return new Data(node, replaced(groups, axis, by), replaced(dims, axis, by), range);
    }

    private static List<List<Axis>> replaced(List<List<Axis>> lists, Axis axis, List<Axis> by) {
      List<List<Axis>> changed = new ArrayList<>();
      for (List<Axis> list : lists) {
        List<Axis> own = new ArrayList<>();
        list.forEach(each -> own.addAll(each.equals(axis) ? by : List.of(each)));
        changed.add(own);
      }
      return changed;
    }

    /** All axes of what the node gives, in their order. */
    List<Axis> axes() {
      return groups.stream().flatMap(List::stream).toList();
    }
  }
}
