package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Two values whose dimensions belong together from the last on, those of size 1 repeated. */
final class Alignment {

  private final OperatorCall call;
  private Data a;
  private Data b;

  private Alignment(OperatorCall call, Data a, Data b) {
    this.call = call;
    this.a = a;
    this.b = b;
  }

  /**
   * The two as nodes give them so that their last dimensions belong together.
   *
   * @param groups of each dimension of the result but the batch, the axes
   * @param dims of the result
   */
  record Aligned(Data a, Data b, List<List<Axis>> groups, List<List<Axis>> dims) {

    /** What a node makes of the two. */
    Data result(String node) {
      return new Data(node, groups, dims);
    }
  }

  static Aligned of(OperatorCall call, Data a, Data b) throws ImportException {
    Alignment alignment =
        new Alignment(
            call, withoutUnits(call.nodes().settled(a)), withoutUnits(call.nodes().settled(b)));
    return alignment.align();
  }

  /** Axes of size 1 are left out, so that they may be repeated. */
  static Data withoutUnits(Data data) {
    Data less = data;
    for (Axis axis : data.axes()) {
      if (axis.isFixed() && axis.size().size() == 1) {
        less = less.replaced(axis, List.of());
      }
    }
    return less;
  }

  private static List<Axis> dimension(Data data, int index, int rank) {
    int own = index - (rank - data.rank());
    return own < 0 ? List.of() : data.dims().get(own);
  }

  /** The second's axes anew, so that one tensor may meet itself in another order. */
  private Data anew(Data data) {
    Data fresh = data;
    for (Axis axis : data.axes()) {
      fresh = fresh.replaced(axis, copies(List.of(axis)));
    }
    return fresh;
  }

  private Aligned align() throws ImportException {
    int rank = Math.max(a.rank(), b.rank());
    b = anew(b);
    for (int i = 0; i < rank; i++) {
      match(i, rank);
    }
    List<List<Axis>> dims = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      List<Axis> own = dimension(a, i, rank);
      dims.add(own.isEmpty() ? dimension(b, i, rank) : own);
    }
    requireOneBatch(dims);
    Set<Axis> ofA = new HashSet<>(a.axes());
    Set<Axis> ofB = new HashSet<>(b.axes());
    List<List<Axis>> groups;
    if (ofA.containsAll(ofB)) {
      groups = parted(a.groups(), ofB);
    } else if (ofB.containsAll(ofA)) {
      groups = parted(b.groups(), ofA);
    } else {
      groups = new ArrayList<>();
      for (Axis axis : GraphNodes.flat(dims)) {
        if (!axis.isBatch()) {
          groups.add(axis.size().equals(Dimension.TIME) ? 0 : groups.size(), List.of(axis));
        }
      }
    }
    groups = withoutLeadingUnits(groups);
    return new Aligned(placed(a, ofA, groups), placed(b, ofB, groups), groups, dims);
  }

  private static List<List<Axis>> withoutLeadingUnits(List<List<Axis>> groups) {
    int from = 0;
    while (from < groups.size() - 1 && groups.get(from).isEmpty()) {
      from++;
    }
    return groups.isEmpty() ? List.of(List.of()) : groups.subList(from, groups.size());
  }

  /** The groups, those of which only a part is among the axes as single ones. */
  private static List<List<Axis>> parted(List<List<Axis>> groups, Set<Axis> axes) {
    List<List<Axis>> parted = new ArrayList<>();
    for (List<Axis> group : groups) {
      boolean isWhole = axes.containsAll(group) || group.stream().noneMatch(axes::contains);
      if (isWhole) {
        parted.add(group);
      } else {
        group.forEach(axis -> parted.add(List.of(axis)));
      }
    }
    return parted;
  }

  private Data placed(Data data, Set<Axis> own, List<List<Axis>> groups) {
    List<List<Axis>> placed = new ArrayList<>();
    for (List<Axis> group : groups) {
      boolean isThere = !group.isEmpty() && own.containsAll(group);
      if (isThere || !placed.isEmpty()) {
        placed.add(isThere ? group : List.of());
      }
    }
    return call.nodes().arranged(data, placed.isEmpty() ? List.of(List.of()) : placed);
  }

  /** Gives b's axes of a dimension the identity of a's. */
  private void match(int index, int rank) throws ImportException {
    List<Axis> left = dimension(a, index, rank);
    List<Axis> right = dimension(b, index, rank);
    if (left.isEmpty() || right.isEmpty() || left.equals(right)) {
      return;
    }
    if (left.size() == 1 && right.size() > 1 && fits(left.get(0), right)) {
      a = a.replaced(left.get(0), copies(right));
      left = dimension(a, index, rank);
    } else if (right.size() == 1 && left.size() > 1 && fits(right.get(0), left)) {
      b = b.replaced(right.get(0), copies(left));
      right = dimension(b, index, rank);
    }
    boolean same = left.size() == right.size();
    for (int i = 0; same && i < left.size(); i++) {
      same = left.get(i).size().equals(right.get(i).size());
    }
    if (!same) {
      throw call.refuse(
          "its inputs differ in dimension %d of %d: %s and %s"
              .formatted(index + 1, rank, sizes(left), sizes(right)));
    }
    for (int i = 0; i < left.size(); i++) {
      b = b.replaced(right.get(i), List.of(left.get(i)));
    }
  }

  private static List<Dimension> sizes(List<Axis> axes) {
    return axes.stream().map(Axis::size).toList();
  }

  private static boolean fits(Axis whole, List<Axis> parts) {
    long size = 1;
    for (Axis part : parts) {
      size = part.isFixed() ? size * part.size().size() : -1;
      if (size < 0) {
        return false;
      }
    }
    return whole.isFixed() && whole.size().size() == size;
  }

  private List<Axis> copies(List<Axis> axes) {
    return axes.stream().map(axis -> call.nodes().axis(axis.size())).toList();
  }

  /** No row sees another. */
  private void requireOneBatch(List<List<Axis>> dims) throws ImportException {
    List<Axis> all = GraphNodes.flat(dims);
    if (all.stream().filter(Axis::isBatch).count() > 1) {
      throw call.refuse("it brings the rows of the batch together");
    }
  }
}
