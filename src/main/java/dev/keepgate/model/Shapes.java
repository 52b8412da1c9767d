package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which shapes come of which. */
final class Shapes {

  private Shapes() {}

  /**
   * The only input.
   *
   * @param rank that it has at least
   */
  static Shape only(Operation operation, List<Shape> inputs, int rank) {
    if (inputs.size() != 1) {
      throw new InconsistentModelException(
          "%s takes one input, got %d".formatted(operation.type(), inputs.size()));
    }
    Shape shape = inputs.get(0);
    if (shape.rank() < rank) {
      throw new InconsistentModelException(
          "%s needs %d dimensions beside the batch, got %s"
              .formatted(operation.type(), rank, shape));
    }
    return shape;
  }

  static void requireWidth(Operation operation, Shape shape, int width) {
    if (shape.rank() == 0 || shape.width() != width) {
      throw new InconsistentModelException(
          "%s takes %d features, got %s".formatted(operation.type(), width, shape));
    }
  }

  /** Of a layer's only input, with its features in place of the input's. */
  static Shape features(Layer layer, List<Shape> inputs) {
    Shape x = only(layer, inputs, 1);
    requireWidth(layer, x, layer.inputSize());
    return x.withWidth(layer.outputSize());
  }

  static InconsistentModelException masked(Operation operation) {
    return new InconsistentModelException(
        "%s of steps of which some may be masked is not computed here".formatted(operation.type()));
  }

  /** Of tensors that all come of one mask, that mask; else none, as in Keras. */
  static @Nullable String commonMask(List<Shape> inputs) {
    String mask = inputs.get(0).mask();
    for (Shape input : inputs) {
      if (input.mask() == null) {
        return null;
      }
      if (!input.mask().equals(mask)) {
        throw new InconsistentModelException(
            "steps that %s and %s mask differently do not meet here".formatted(mask, input.mask()));
      }
    }
    return mask;
  }

  static Dimension longer(Dimension steps, int by) {
    if (by == 0) {
      return steps;
    }
    return steps.symbol() == null
        ? Dimension.of(steps.size() + by)
        : new Dimension(steps.symbol() + (by < 0 ? " - " : " + ") + Math.abs(by), 0);
  }

  /**
   * @param target at most one of them -1
   */
  static List<Dimension> reshape(Shape from, List<Integer> target) {
    Dimension open = null;
    long known = 1;
    for (Dimension dim : from.dims()) {
      if (dim.symbol() == null) {
        known *= dim.size();
      } else if (open == null) {
        open = dim;
      } else {
        throw new InconsistentModelException(from + " has two open dimensions to reshape");
      }
    }
    long asked = 1;
    int free = -1;
    for (int i = 0; i < target.size(); i++) {
      if (target.get(i) >= 0) {
        asked *= target.get(i);
      } else if (free < 0) {
        free = i;
      } else {
        throw new InconsistentModelException("two sizes are left open in " + target);
      }
    }
    List<Dimension> dims = new ArrayList<>();
    target.forEach(size -> dims.add(Dimension.of(Math.max(size, 0))));
    if (open != null) {
      if (free < 0 || asked == 0 || known % asked != 0) {
        throw new InconsistentModelException(
            "%s reshaped to %s needs a fixed number of steps".formatted(from, target));
      }
      long times = known / asked;
      dims.set(free, times == 1 ? open : new Dimension(open.symbol() + " * " + times, 0));
    } else if (free >= 0 && asked > 0 && known % asked == 0) {
      dims.set(free, Dimension.of(Math.toIntExact(known / asked)));
    } else if (free >= 0 || known != asked) {
      throw new InconsistentModelException("%s does not reshape to %s".formatted(from, target));
    }
    return dims;
  }

  /** The last axes belong together; one of size 1 becomes the other's. */
  static Shape broadcast(Operation operation, List<Shape> inputs) {
    if (inputs.size() < 2) {
      throw new InconsistentModelException(operation.type() + " takes two inputs or more");
    }
    int rank = inputs.stream().mapToInt(Shape::rank).max().orElse(0);
    List<Dimension> dims = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      Dimension dim = Dimension.of(1);
      for (Shape input : inputs) {
        int own = axis - (rank - input.rank());
        Dimension other = own < 0 ? Dimension.of(1) : input.dims().get(own);
        if (dim.equals(Dimension.of(1))) {
          dim = other;
        } else if (!other.equals(dim) && !other.equals(Dimension.of(1))) {
          throw new InconsistentModelException(
              "%s does not fit %s together".formatted(operation.type(), inputs));
        }
      }
      dims.add(dim);
    }
    return Shape.of(dims);
  }

  static Shape concat(Operation operation, List<Shape> inputs, int axis) {
    if (inputs.isEmpty() || axis >= inputs.get(0).rank()) {
      throw new InconsistentModelException("nothing to put side by side along axis " + axis);
    }
    Shape first = inputs.get(0);
    int size = 0;
    for (Shape input : inputs) {
      if (input.rank() != first.rank() || !others(input, axis).equals(others(first, axis))) {
        throw new InconsistentModelException(
            "%s along axis %d does not fit %s".formatted(operation.type(), axis + 1, inputs));
      }
      size += inputs.size() == 1 ? 0 : input.fixed(axis);
    }
    if (inputs.size() == 1) {
      return first;
    }
    boolean isMasked = inputs.stream().anyMatch(input -> input.mask() != null);
    if (isMasked && (axis == 0 || first.rank() != 2)) {
      throw masked(operation);
    }
    // Keras counts a step where one of the inputs does, and one without a mask always does.
    String mask = isMasked ? commonMask(inputs) : null;
    return Shape.of(first.with(axis, Dimension.of(size)).dims()).withMask(mask);
  }

  private static List<Dimension> others(Shape shape, int axis) {
    return shape.with(axis, Dimension.of(0)).dims();
  }

  static Shape dot(TensorOperation.Dot dot, List<Shape> inputs) {
    requireCount(dot, inputs, 2, 2);
    Shape a = inputs.get(0);
    Shape b = inputs.get(1);
    if (dot.first() >= a.rank()
        || dot.second() >= b.rank()
        || !a.dims().get(dot.first()).equals(b.dims().get(dot.second()))) {
      throw new InconsistentModelException(
          "axis %d of %s and axis %d of %s do not fit"
              .formatted(dot.first() + 1, a, dot.second() + 1, b));
    }
    List<Dimension> dims = new ArrayList<>(a.dims());
    dims.remove(dot.first());
    List<Dimension> others = new ArrayList<>(b.dims());
    others.remove(dot.second());
    dims.addAll(others);
    return Shape.of(dims.isEmpty() ? List.of(Dimension.of(1)) : dims);
  }

  static Shape attention(Operation operation, List<Shape> inputs, int heads) {
    requireCount(operation, inputs, 3, 3);
    for (Shape input : inputs) {
      if (input.rank() != 2 || input.width() % heads != 0) {
        throw new InconsistentModelException(
            "attention of %d heads takes [batch, steps, features], got %s".formatted(heads, input));
      }
      if (!Objects.equals(input.mask(), inputs.get(1).mask())
          || (heads > 1 && input.mask() != null)) {
        throw masked(operation);
      }
    }
    Shape query = inputs.get(0);
    if (query.width() != inputs.get(1).width()
        || !inputs.get(1).dims().get(0).equals(inputs.get(2).dims().get(0))) {
      throw new InconsistentModelException(
          "queries %s, keys %s and values %s do not fit each other"
              .formatted(query, inputs.get(1), inputs.get(2)));
    }
    return Shape.of(query.dims().get(0), inputs.get(2).dims().get(1)).withMask(query.mask());
  }

  private static void requireCount(Operation operation, List<Shape> inputs, int least, int most) {
    if (inputs.size() < least || inputs.size() > most) {
      throw new InconsistentModelException(
          "%s takes %d inputs, got %d".formatted(operation.type(), least, inputs.size()));
    }
  }

  static Shape slice(ShapeOperation.Slice slice, Shape x) {
    if (x.mask() != null && slice.axis() == 0) {
      throw masked(slice);
    }
    Dimension whole = x.dims().get(slice.axis());
    Dimension part;
    if (whole.symbol() == null) {
      int from = ShapeOperation.Slice.index(slice.from(), whole.size());
      int to =
          slice.to() == null ? whole.size() : ShapeOperation.Slice.index(slice.to(), whole.size());
      if (from >= to) {
        throw new InconsistentModelException("nothing of " + x + " is left");
      }
      part = Dimension.of(to - from);
    } else if (slice.removesAxis() && slice.isOne()) {
      part = Dimension.of(1);
    } else if (slice.from() < 0 && slice.to() == null) {
      part = Dimension.of(-slice.from());
    } else if (slice.from() >= 0 && (slice.to() == null || slice.to() < 0)) {
      part = longer(whole, -slice.from() + (slice.to() == null ? 0 : slice.to()));
    } else if (slice.to() != null && (slice.from() < 0) == (slice.to() < 0)) {
      part = Dimension.of(slice.to() - slice.from());
      if (part.size() < 1) {
        throw new InconsistentModelException("nothing of " + x + " is left");
      }
    } else {
      throw new InconsistentModelException(
          "a part of %s needs a fixed number of steps".formatted(x));
    }
    if (!slice.removesAxis()) {
      return x.with(slice.axis(), part);
    }
    if (!part.equals(Dimension.of(1))) {
      throw new InconsistentModelException("an axis of size %s does not go".formatted(part));
    }
    List<Dimension> dims = new ArrayList<>(x.dims());
    dims.remove(slice.axis());
    return Shape.of(dims.isEmpty() ? List.of(Dimension.of(1)) : dims);
  }

  static long count(List<Integer> dims) {
    return dims.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  static Shape fixed(List<Integer> dims) {
    return Shape.of(dims.stream().map(Dimension::of).toList());
  }

  static Shape matrixProduct(Operation operation, List<Shape> inputs) {
    requireCount(operation, inputs, 2, 2);
    Shape a = inputs.get(0);
    Shape b = inputs.get(1);
    int rank = a.rank();
    if (rank < 2
        || b.rank() != rank
        || !a.dims().get(rank - 1).equals(b.dims().get(rank - 2))
        || !a.dims().subList(0, rank - 2).equals(b.dims().subList(0, rank - 2))) {
      throw new InconsistentModelException("no product of matrices %s and %s".formatted(a, b));
    }
    return Shape.of(a.with(rank - 1, b.dims().get(rank - 1)).dims());
  }
}
