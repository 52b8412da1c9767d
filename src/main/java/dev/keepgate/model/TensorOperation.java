package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A function of one or more whole tensors, each [batch, ...] and row-major; no row sees another.
 * Axes count without the batch. Weights are never written after they were made.
 */
public sealed interface TensorOperation extends Operation
    permits ShapeOperation,
        ArrayOperation,
        TensorOperation.Conv1d,
        TensorOperation.Pool1d,
        TensorOperation.Reduce,
        TensorOperation.Combine,
        TensorOperation.Dot,
        TensorOperation.Softmax,
        TensorOperation.Attend,
        TensorOperation.AdditiveAttend,
        TensorOperation.GroupNorm,
        TensorOperation.UnitNorm,
        TensorOperation.Prelu {

  /**
   * The shape of what it gives.
   *
   * @throws InconsistentModelException if the inputs do not fit it
   */
  Shape output(List<Shape> inputs);

  @Override
  default Map<String, Shape> outputs(List<Shape> inputs) {
    return Map.of(MAIN, output(inputs));
  }

  /** What sees all steps of the request at once is not causal. */
  @Override
  default boolean isCausal(List<Shape> inputs) {
    return inputs.stream().noneMatch(Shape::isStreamed);
  }

  @Override
  default LayerDescription describe(List<Shape> inputs) {
    return LayerDescription.of(type(), inputs.get(0), output(inputs));
  }

  <R> R accept(Visitor<R> visitor);

  /** Does something for each kind of operation: who adds a kind learns of all places. */
  interface Visitor<R> {
    R conv1d(Conv1d operation);

    R pool1d(Pool1d operation);

    R reduce(Reduce operation);

    R reshape(ShapeOperation.Reshape operation);

    R permute(ShapeOperation.Permute operation);

    R repeat(ShapeOperation.Repeat operation);

    R combine(Combine operation);

    R concat(ShapeOperation.Concat operation);

    R dot(Dot operation);

    R softmax(Softmax operation);

    R attend(Attend operation);

    R additiveAttend(AdditiveAttend operation);

    R slice(ShapeOperation.Slice operation);

    R pad(ShapeOperation.Pad operation);

    R reverse(ShapeOperation.Reverse operation);

    R groupNorm(GroupNorm operation);

    R unitNorm(UnitNorm operation);

    R prelu(Prelu operation);

    R apply(ArrayOperation.Apply operation);

    R combineConstant(ArrayOperation.CombineConstant operation);

    R constant(ArrayOperation.Constant operation);

    R matrixProduct(ArrayOperation.MatrixProduct operation);

    R take(ArrayOperation.Take operation);

    R select(ArrayOperation.Select operation);

    R repeatLike(ArrayOperation.RepeatLike operation);
  }

  /**
   * A convolution over the steps: y[t, o] = bias[o] + sum x[t * stride + k * dilation, i] W[k, i,
   * o]. A causal one keeps the steps that it still needs as its state.
   *
   * @param inputSize features of a step
   * @param outputSize features of a step that comes out
   * @param groups parts of the features that do not see each other
   * @param kernel [window, inputSize / groups, outputSize]
   * @param bias [outputSize]
   */
  record Conv1d(
      Window window, int inputSize, int outputSize, int groups, float[] kernel, float[] bias)
      implements TensorOperation {

    /**
     * @throws InconsistentModelException if the sizes do not fit each other
     */
    public Conv1d {
      if (groups < 1 || inputSize % groups != 0 || outputSize % groups != 0) {
        throw new InconsistentModelException(
            "%d groups do not part %d and %d features".formatted(groups, inputSize, outputSize));
      }
      Sizes.check("kernel", kernel, (long) window.size() * (inputSize / groups) * outputSize);
      Sizes.check("bias", bias, outputSize);
    }

    @Override
    public String type() {
      return "conv1d";
    }

    @Override
    public long parameters() {
      return (long) kernel.length + bias.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 2);
      Shapes.requireWidth(this, x, inputSize);
      return Shape.of(window.output(x.dims().get(0)), Dimension.of(outputSize));
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return window.isCausal() || TensorOperation.super.isCausal(inputs);
    }

    @Override
    public List<List<Slot>> state() {
      int steps = window.reach() - 1;
      return window.isCausal() && steps > 0
          ? List.of(List.of(new Slot("window", Math.multiplyExact(steps, inputSize))))
          : List.of();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.conv1d(this);
    }
  }

  /**
   * The largest or the mean of the steps in each window; padding does not count.
   *
   * @param isMaximum or else the mean
   */
  record Pool1d(Window window, boolean isMaximum) implements TensorOperation {
    @Override
    public String type() {
      return isMaximum ? "maxpool1d" : "averagepool1d";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 2);
      return x.withMask(null).with(0, window.output(x.dims().get(0)));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.pool1d(this);
    }
  }

  /** What a {@link Reduce} makes of many numbers. */
  enum Reduction {
    MEAN,
    SUM,
    MAX,
    MIN
  }

  /**
   * One number of all along some axes. A mean of masked steps is of those that count.
   *
   * @param axes from 0, the batch left out
   * @param keepsAxes whether they stay, of size 1
   */
  record Reduce(Reduction reduction, Set<Integer> axes, boolean keepsAxes)
      implements TensorOperation {
    public Reduce {
      axes = Set.copyOf(axes);
    }

    @Override
    public String type() {
      return "reduce_" + reduction.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 1);
      if (x.mask() != null && !(reduction == Reduction.MEAN && axes.equals(Set.of(0)))) {
        throw Shapes.masked(this);
      }
      List<Dimension> dims = new ArrayList<>();
      for (int axis = 0; axis < x.rank(); axis++) {
        if (!axes.contains(axis)) {
          dims.add(x.dims().get(axis));
        } else if (keepsAxes) {
          dims.add(Dimension.of(1));
        }
      }
      return Shape.of(dims.isEmpty() ? List.of(Dimension.of(1)) : dims);
    }

    /** Where the steps stay, each step is alone. */
    @Override
    public boolean isCausal(List<Shape> inputs) {
      int steps = inputs.get(0).dims().indexOf(Dimension.TIME);
      return steps < 0 || (steps == 0 && !axes.contains(0));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.reduce(this);
    }
  }

  /** How a {@link Combine} makes one number of several. */
  enum Arithmetic {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    AVERAGE,
    MAXIMUM,
    MINIMUM
  }

  /**
   * Several tensors, number by number. Axes of size 1 are repeated; of tensors of different rank
   * the last axes belong together.
   */
  record Combine(Arithmetic arithmetic) implements TensorOperation {
    @Override
    public String type() {
      return arithmetic.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.broadcast(this, inputs).withMask(Shapes.commonMask(inputs));
    }

    /** Where the steps meet steps, each step is alone. */
    @Override
    public boolean isCausal(List<Shape> inputs) {
      int rank = inputs.stream().mapToInt(Shape::rank).max().orElse(0);
      return inputs.stream()
          .filter(Shape::isStreamed)
          .allMatch(x -> x.rank() == rank && x.dims().indexOf(Dimension.TIME) == 0);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.combine(this);
    }
  }

  /**
   * Sums of products along one axis of each of two tensors: [a..., b...] without those axes.
   *
   * @param first axis of the first tensor
   * @param second axis of the second
   * @param isNormalized whether both are scaled to length 1 along it before
   */
  record Dot(int first, int second, boolean isNormalized) implements TensorOperation {
    @Override
    public String type() {
      return "dot";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.dot(this, inputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.dot(this);
    }
  }

  /** exp(x) / sum(exp(x)) along an axis. */
  record Softmax(int axis) implements TensorOperation {
    @Override
    public String type() {
      return "softmax";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, axis + 1);
      if (x.mask() != null) {
        throw Shapes.masked(this);
      }
      return x;
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      int steps = inputs.get(0).dims().indexOf(Dimension.TIME);
      return steps < 0 || (steps == 0 && axis > 0);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.softmax(this);
    }
  }

  /**
   * Scaled dot-product attention of queries [Tq, heads * d], keys [Tv, heads * d] and values [Tv,
   * heads * e], each head alone: softmax(scale * q k) v, [Tq, heads * e]; Vaswani et al. 2017.
   *
   * @param isCausal whether a query sees no key of a later step
   */
  record Attend(int heads, float scale, boolean isCausal) implements TensorOperation {
    @Override
    public String type() {
      return "attention";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.attention(this, inputs, heads);
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return TensorOperation.super.isCausal(inputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.attend(this);
    }
  }

  /**
   * Attention whose scores are sum(scale * tanh(q + k)); Bahdanau, Cho and Bengio 2015.
   *
   * @param scale [width]
   */
  record AdditiveAttend(float[] scale, boolean isCausal) implements TensorOperation {
    @Override
    public String type() {
      return "additive_attention";
    }

    @Override
    public long parameters() {
      return scale.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shapes.requireWidth(this, inputs.get(0), scale.length);
      return Shapes.attention(this, inputs, 1);
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return TensorOperation.super.isCausal(inputs);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.additiveAttend(this);
    }
  }

  /**
   * (x - mean) / sqrt(variance + epsilon) * scale + shift over all steps and a group of the
   * features; Wu and He 2018.
   *
   * @param scale [features]
   * @param shift [features]
   */
  record GroupNorm(int groups, float epsilon, float[] scale, float[] shift)
      implements TensorOperation {
    @Override
    public String type() {
      return "groupnorm";
    }

    @Override
    public long parameters() {
      return 2L * scale.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 1);
      Shapes.requireWidth(this, x, scale.length);
      if (x.mask() != null) {
        throw Shapes.masked(this);
      }
      return x;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.groupNorm(this);
    }
  }

  /** x / max(sqrt(sum(x^2)), epsilon) along an axis. */
  record UnitNorm(int axis, float epsilon) implements TensorOperation {
    @Override
    public String type() {
      return "unitnorm";
    }

    @Override
    public Shape output(List<Shape> inputs) {
      return Shapes.only(this, inputs, axis + 1);
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      int steps = inputs.get(0).dims().indexOf(Dimension.TIME);
      return steps < 0 || (steps == 0 && axis > 0);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.unitNorm(this);
    }
  }

  /**
   * x where x &ge; 0, else alpha * x; He et al. 2015.
   *
   * @param alpha [features], the same at all steps
   */
  record Prelu(float[] alpha) implements TensorOperation {
    @Override
    public String type() {
      return "prelu";
    }

    @Override
    public long parameters() {
      return alpha.length;
    }

    @Override
    public Shape output(List<Shape> inputs) {
      Shape x = Shapes.only(this, inputs, 1);
      Shapes.requireWidth(this, x, alpha.length);
      return x.withMask(x.mask());
    }

    @Override
    public boolean isCausal(List<Shape> inputs) {
      return true;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.prelu(this);
    }
  }
}
