package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An operation that graphs of arrays are made of, as ONNX has them: each does one thing. */
public sealed interface ArrayOperation extends TensorOperation {

  /** A function of one number. */
  enum Function {
    SQRT,
    RECIPROCAL,
    ABSOLUTE,
    LOGARITHM,
    /** The error function. */
    ERF,
    SINE,
    COSINE,
    SIGN,
    FLOOR,
    CEILING,
    /** To the nearest whole number, halves to the even one. */
    ROUND,
    /** x to the power of a constant. */
    POWER,
    /** x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
    GELU_TANH
  }

  /**
   * A function of each number.
   *
   * @param exponent of a power; 0 for all else
   */
  record Apply(Function function, float exponent) implements ArrayOperation {
    @Override
    public String type() {
      return function.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 0);
      return x.withMask(x.mask());
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return true;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.apply(this);
    }
  }

  /**
   * A tensor and a constant, number by number. Axes of size 1 are repeated, and the last axes
   * belong together.
   *
   * @param isReversed whether the constant comes first, as in c - x
   * @param dims of the constant, without a batch
   */
  record CombineConstant(
      Arithmetic arithmetic, boolean isReversed, List<Integer> dims, float[] values)
      implements ArrayOperation {

    /**
     * @throws InconsistentModelException if the constant is not of these dimensions
     */
    public CombineConstant {
      dims = List.copyOf(dims);
      Sizes.check("constant", values, Shapes.count(dims));
    }

    @Override
    public String type() {
      return arithmetic.name().toLowerCase(Locale.ROOT) + "_constant";
    }

    @Override
    public long parameters() {
      return values.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 1);
      return Shapes.broadcast(this, List.of(x, Shapes.fixed(dims))).withMask(x.mask());
    }

    /** Where the constant is the same at all steps, each step is alone. */
    @Override
    public boolean isCausal(List<Shape> inputs) {
      Shape x = inputs.get(0);
      int steps = x.dims().indexOf(Dimension.TIME);
      return steps < 0 || (steps == 0 && dims.size() <= x.rank());
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.combineConstant(this);
    }
  }

  /**
   * The same tensor for each row of a batch, whose size its only input tells.
   *
   * @param dims without the batch
   */
  record Constant(List<Integer> dims, float[] values) implements ArrayOperation {

    /**
     * @throws InconsistentModelException if the values are not of these dimensions
     */
    public Constant {
      dims = List.copyOf(dims);
      Sizes.check("constant", values, Shapes.count(dims));
    }

    @Override
    public String type() {
      return "constant";
    }

    @Override
    public long parameters() {
      return values.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shapes.only(this, inputs, 0);
      return Shapes.fixed(dims);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.constant(this);
    }
  }

  /** Products of matrices: [..., m, k] and [..., k, n] give [..., m, n]. */
  record MatrixProduct() implements ArrayOperation {
    @Override
    public String type() {
      return "matmul";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.matrixProduct(this, inputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.matrixProduct(this);
    }
  }

  /**
   * Chosen places of an axis, in any order.
   *
   * @param indices from 0
   */
  record Take(int axis, List<Integer> indices) implements ArrayOperation {
    public Take {
      indices = List.copyOf(indices);
    }

    @Override
    public String type() {
      return "take";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, axis + 1);
      int size = x.fixed(axis);
      for (int index : indices) {
        if (index < 0 || index >= size) {
          throw new InconsistentModelException("no place %d of %d".formatted(index, size));
        }
      }
      if (x.mask() != null) {
        throw Shapes.masked(this);
      }
      return x.with(axis, Dimension.of(indices.size()));
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return inputs.get(0).dims().indexOf(Dimension.TIME) <= 0;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.take(this);
    }
  }

  /**
   * Of the second and third tensor, number by number, the second's where the first's is not 0. Axes
   * of size 1 are repeated.
   */
  record Select() implements ArrayOperation {
    @Override
    public String type() {
      return "select";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      if (inputs.size() != 3 || inputs.stream().anyMatch(input -> input.mask() != null)) {
        throw new InconsistentModelException("select takes three tensors without masks");
      }
      return Shapes.broadcast(this, inputs);
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return new Combine(Arithmetic.ADD).isCausal(inputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.select(this);
    }
  }

  /**
   * An axis of size 1 repeated as often as an axis of another tensor is long.
   *
   * @param axis of the first input
   * @param like axis of the second
   */
  record RepeatLike(int axis, int like) implements ArrayOperation {
    @Override
    public String type() {
      return "repeat_like";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      if (inputs.size() != 2
          || axis >= inputs.get(0).rank()
          || like >= inputs.get(1).rank()
          || inputs.get(0).fixed(axis) != 1) {
        throw new InconsistentModelException("no axis of size 1 to repeat in " + inputs);
      }
      List<Dimension> dims = new ArrayList<>(inputs.get(0).dims());
      dims.set(axis, inputs.get(1).dims().get(like));
      return Shape.of(dims);
    }

    /** What it repeats is the same at all steps. */
    @Override
    public boolean isCausal(List<Shape> inputs) {
      return !inputs.get(0).isStreamed() && axis == 0;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.repeatLike(this);
    }
  }
}
