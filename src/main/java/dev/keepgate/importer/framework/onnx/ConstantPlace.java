package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A constant in the dimensions of what a node gives, where it meets the data number by number.
 *
 * @param data with axes of its own for those that only the constant has
 * @param dims of the constant, from the first on that it differs along
 * @param values in this order
 * @param width of the last dimension where the constant differs along no other; else 0
 */
record ConstantPlace(Data data, List<Integer> dims, float[] values, int width) {

  static ConstantPlace of(OperatorCall call, Data given, Constant whole) throws ImportException {
    Constant constant = ofOneRow(call, given, whole);
    if (constant.values().length == 1 && constant.rank() <= given.rank()) {
      return new ConstantPlace(given, List.of(1), constant.values(), width(given));
    }
    Data data = ranked(call, given, constant.rank());
    int[] strides = strides(constant.shape());
    Map<Axis, Integer> strideOf = new HashMap<>();
    Set<Axis> varies = new HashSet<>();
    for (int i = 0; i < constant.rank(); i++) {
      if (constant.shape()[i] == 1) {
        continue;
      }
      int dimension = data.rank() - constant.rank() + i;
      data = fitted(call, data, dimension, constant.shape()[i]);
      int stride = strides[i];
      List<Axis> axes = data.dims().get(dimension);
      for (int k = axes.size() - 1; k >= 0; k--) {
        strideOf.put(axes.get(k), stride);
        varies.add(axes.get(k));
        stride *= axes.get(k).size().size();
      }
    }
    return place(call, data, constant, strideOf, varies);
  }

  /** What an exporter wrote for each row of a fixed batch, where it is the same for all. */
  private static Constant ofOneRow(OperatorCall call, Data data, Constant constant)
      throws ImportException {
    Constant one = constant;
    for (int i = 0; i < constant.rank(); i++) {
      int dimension = data.rank() - constant.rank() + i;
      boolean isBatch =
          dimension >= 0
              && data.dims().get(dimension).size() == 1
              && data.dims().get(dimension).get(0).isBatch();
      if (isBatch && constant.shape()[i] > 1) {
        one = ConstantFolding.firstOfEqual(call, one, i);
      }
    }
    return one;
  }

  private static int width(Data data) {
    long width = 1;
    for (Axis axis : data.groups().get(data.groups().size() - 1)) {
      width = axis.isFixed() ? width * axis.size().size() : 0;
    }
    return (int) width;
  }

  /** Whether the node itself has the dimensions, none of which the constant brings. */
  private static boolean isReal(OperatorCall call, Data data) {
    int width = width(data);
    List<Dimension> dims = call.nodes().shape(data.node()).dims();
    return dims.get(dims.size() - 1).equals(Dimension.of(width));
  }

  private static int[] strides(int[] shape) {
    int[] strides = new int[shape.length];
    int stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  /** With so many dimensions at least. */
  private static Data ranked(OperatorCall call, Data data, int rank) {
    List<List<Axis>> dims = new ArrayList<>(call.nodes().settled(data).dims());
    while (dims.size() < rank) {
      dims.add(0, List.of());
    }
    return call.nodes().settled(data).withDims(dims);
  }

  /** With a dimension of the constant's size. */
  private static Data fitted(OperatorCall call, Data data, int dimension, int size)
      throws ImportException {
    List<Axis> axes = data.dims().get(dimension);
    long there = 1;
    for (Axis axis : axes) {
      if (!axis.isFixed()) {
        throw call.refuseBatch(
            data,
            "its constant has %d numbers along dimension %d, which is %s"
                .formatted(size, dimension, axis.isBatch() ? "the batch" : "open"));
      }
      there *= axis.size().size();
    }
    if (there == size) {
      return data;
    }
    if (there != 1) {
      throw call.refuse(
          "its constant has %d numbers along dimension %d of size %d"
              .formatted(size, dimension, there));
    }
    Data less = Alignment.withoutUnits(data);
    Axis own = call.nodes().axis(size);
    List<List<Axis>> groups = new ArrayList<>(less.groups());
    groups.remove(List.of());
    boolean isFirst = !less.groups().isEmpty() && groups.isEmpty();
    groups.add(isFirst ? 0 : place(less, dimension, groups), List.of());
    Data wider = call.nodes().arranged(less, groups);
    List<List<Axis>> with = new ArrayList<>(groups);
    with.set(groups.indexOf(List.of()), List.of(own));
    return new Data(wider.node(), with, less.replace(dimension, List.of(own)));
  }

  /** Where among the groups a new axis goes: before the first that comes after it. */
  private static int place(Data data, int dimension, List<List<Axis>> groups) {
    for (int i = 0; i < groups.size(); i++) {
      for (int after = dimension + 1; after < data.rank(); after++) {
        boolean isAfter = groups.get(i).stream().anyMatch(data.dims().get(after)::contains);
        boolean isSteps = groups.get(i).stream().anyMatch(axis -> !axis.isFixed());
        if (isAfter && !isSteps) {
          return i;
        }
      }
    }
    return groups.size();
  }

  private static ConstantPlace place(
      OperatorCall call,
      Data data,
      Constant constant,
      Map<Axis, Integer> strideOf,
      Set<Axis> varies)
      throws ImportException {
    List<Axis> order = new ArrayList<>();
    List<Integer> dims = new ArrayList<>();
    boolean isOfLast = true;
    List<List<Axis>> groups = parted(data.groups(), varies);
    Data arranged = call.nodes().arranged(data, groups);
    for (int i = 0; i < groups.size(); i++) {
      boolean isThere = !groups.get(i).isEmpty() && varies.containsAll(groups.get(i));
      long size = 1;
      for (Axis axis : groups.get(i)) {
        size = isThere ? size * axis.size().size() : 1;
      }
      if (isThere) {
        order.addAll(groups.get(i));
        isOfLast &= i == groups.size() - 1;
      }
      if (isThere || !dims.isEmpty()) {
        dims.add((int) size);
      }
    }
    return new ConstantPlace(
        arranged,
        dims.isEmpty() ? List.of(1) : dims,
        permuted(constant, order, strideOf),
        isOfLast && isReal(call, arranged) ? width(arranged) : 0);
  }

  private static List<List<Axis>> parted(List<List<Axis>> groups, Set<Axis> varies) {
    List<List<Axis>> parted = new ArrayList<>();
    for (List<Axis> group : groups) {
      boolean isWhole = varies.containsAll(group) || group.stream().noneMatch(varies::contains);
      if (isWhole) {
        parted.add(group);
      } else {
        group.forEach(axis -> parted.add(List.of(axis)));
      }
    }
    return parted;
  }

  private static float[] permuted(
      Constant constant, List<Axis> order, Map<Axis, Integer> strideOf) {
    float[] values = new float[constant.values().length];
    int[] at = new int[order.size()];
    for (int i = 0; i < values.length; i++) {
      int from = 0;
      for (int axis = 0; axis < at.length; axis++) {
        from += at[axis] * strideOf.getOrDefault(order.get(axis), 0);
      }
      values[i] = constant.values()[from];
      for (int axis = at.length - 1; axis >= 0; axis--) {
        if (++at[axis] < order.get(axis).size().size()) {
          break;
        }
        at[axis] = 0;
      }
    }
    return values;
  }
}
