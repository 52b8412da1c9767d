package dev.keepgate.kernel.reference;

import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Tensor operations on one row: each number that comes out by its own formula. */
final class ReferenceOperations implements TensorOperation.Visitor<ReferenceTensor> {

  private final List<ReferenceTensor> inputs;
  private final ReferenceTensor x;

  ReferenceOperations(List<ReferenceTensor> inputs) {
    this.inputs = inputs;
    this.x = inputs.get(0);
  }

  /** Each number of a shape, by its index. */
  private static ReferenceTensor each(int[] dims, ToDoubleFunction<int[]> number) {
    ReferenceTensor result = ReferenceTensor.zero(dims);
    for (int i = 0; i < result.data().length; i++) {
      result.data()[i] = number.applyAsDouble(result.index(i));
    }
    return result;
  }

  private static int[] with(int[] index, int axis, int value) {
    int[] changed = index.clone();
    changed[axis] = value;
    return changed;
  }

  @Override
  public ReferenceTensor conv1d(TensorOperation.Conv1d operation) {
    Window window = operation.window();
    int steps = x.dims()[0];
    return convolve(operation, x, window.paddingBefore(steps), window.outputSteps(steps));
  }

  /**
   * @param padding zero steps before the first
   */
  static ReferenceTensor convolve(
      TensorOperation.Conv1d conv, ReferenceTensor x, int padding, int outputs) {
    Window window = conv.window();
    int own = conv.inputSize() / conv.groups();
    int made = conv.outputSize() / conv.groups();
    return each(
        new int[] {outputs, conv.outputSize()},
        at -> {
          double sum = conv.bias()[at[1]];
          int first = at[1] / made * own;
          for (int k = 0; k < window.size(); k++) {
            int step = at[0] * window.stride() + k * window.dilation() - padding;
            for (int i = 0; i < own && step >= 0 && step < x.dims()[0]; i++) {
              sum +=
                  x.at(step, first + i) * conv.kernel()[(k * own + i) * conv.outputSize() + at[1]];
            }
          }
          return sum;
        });
  }

  @Override
  public ReferenceTensor apply(ArrayOperation.Apply operation) {
    return ReferenceArrays.apply(operation, x);
  }

  @Override
  public ReferenceTensor combineConstant(ArrayOperation.CombineConstant operation) {
    ReferenceTensor constant = ReferenceArrays.constant(operation.dims(), operation.values());
    TensorOperation both = new TensorOperation.Combine(operation.arithmetic());
    ReferenceTensor combined =
        both.accept(
            new ReferenceOperations(
                operation.isReversed() ? List.of(constant, x) : List.of(x, constant)));
    return combined.masked(x.present());
  }

  @Override
  public ReferenceTensor constant(ArrayOperation.Constant operation) {
    return ReferenceArrays.constant(operation.dims(), operation.values());
  }

  @Override
  public ReferenceTensor matrixProduct(ArrayOperation.MatrixProduct operation) {
    return ReferenceArrays.product(x, inputs.get(1));
  }

  @Override
  public ReferenceTensor take(ArrayOperation.Take operation) {
    int axis = operation.axis();
    return each(
        with(x.dims(), axis, operation.indices().size()),
        at -> x.at(with(at, axis, operation.indices().get(at[axis]))));
  }

  @Override
  public ReferenceTensor select(ArrayOperation.Select operation) {
    int[] dims = {};
    for (ReferenceTensor input : inputs) {
      dims = ReferenceArrays.broadcast(dims, input.dims());
    }
    return each(dims, at -> (x.at(at) != 0 ? inputs.get(1) : inputs.get(2)).at(at));
  }

  @Override
  public ReferenceTensor repeatLike(ArrayOperation.RepeatLike operation) {
    int times = inputs.get(1).dims()[operation.like()];
    return each(with(x.dims(), operation.axis(), times), x::at);
  }

  @Override
  public ReferenceTensor pool1d(TensorOperation.Pool1d operation) {
    Window window = operation.window();
    int steps = x.dims()[0];
    return each(
        with(x.dims(), 0, window.outputSteps(steps)),
        at -> {
          double[] seen =
              IntStream.range(0, window.size())
                  .map(
                      k ->
                          at[0] * window.stride()
                              + k * window.dilation()
                              - window.paddingBefore(steps))
                  .filter(step -> step >= 0 && step < steps)
                  .mapToDouble(step -> x.at(with(at, 0, step)))
                  .toArray();
          return operation.isMaximum()
              ? Arrays.stream(seen).max().orElseThrow()
              : Arrays.stream(seen).average().orElseThrow();
        });
  }

  @Override
  public ReferenceTensor reduce(TensorOperation.Reduce operation) {
    int[] kept = x.dims().clone();
    operation.axes().forEach(axis -> kept[axis] = 1);
    ReferenceTensor result =
        each(
            kept,
            to -> {
              double[] all =
                  IntStream.range(0, x.data().length)
                      .filter(i -> isReducedTo(i, to, kept))
                      .mapToDouble(i -> x.data()[i])
                      .toArray();
              return switch (operation.reduction()) {
                case MEAN -> Arrays.stream(all).average().orElse(Double.NaN);
                case SUM -> Arrays.stream(all).sum();
                case MAX -> Arrays.stream(all).max().orElseThrow();
                case MIN -> Arrays.stream(all).min().orElseThrow();
              };
            });
    if (operation.keepsAxes()) {
      return result;
    }
    int[] left =
        IntStream.range(0, kept.length)
            .filter(axis -> !operation.axes().contains(axis))
            .map(axis -> kept[axis])
            .toArray();
    return new ReferenceTensor(result.data(), left.length == 0 ? new int[] {1} : left, null);
  }

  private boolean isReducedTo(int number, int[] to, int[] kept) {
    int[] at = x.index(number);
    boolean counts = x.present() == null || x.present()[at[0]];
    return counts
        && IntStream.range(0, at.length).allMatch(axis -> kept[axis] == 1 || at[axis] == to[axis]);
  }

  @Override
  public ReferenceTensor reshape(ShapeOperation.Reshape operation) {
    int[] dims = operation.target().stream().mapToInt(Integer::intValue).toArray();
    int known = Arrays.stream(dims).filter(dim -> dim >= 0).reduce(1, (a, b) -> a * b);
    int open = x.data().length / known;
    return new ReferenceTensor(
        x.data(), Arrays.stream(dims).map(dim -> dim < 0 ? open : dim).toArray(), null);
  }

  @Override
  public ReferenceTensor permute(ShapeOperation.Permute operation) {
    int[] dims = operation.axes().stream().mapToInt(axis -> x.dims()[axis]).toArray();
    return each(
        dims,
        at -> {
          int[] from = new int[at.length];
          for (int i = 0; i < at.length; i++) {
            from[operation.axes().get(i)] = at[i];
          }
          return x.at(from);
        });
  }

  @Override
  public ReferenceTensor repeat(ShapeOperation.Repeat operation) {
    return each(new int[] {operation.steps(), x.dims()[0]}, at -> x.at(at[1]));
  }

  @Override
  public ReferenceTensor combine(TensorOperation.Combine operation) {
    int rank = inputs.stream().mapToInt(input -> input.dims().length).max().orElseThrow();
    int[] dims = new int[rank];
    for (ReferenceTensor input : inputs) {
      for (int axis = 0; axis < input.dims().length; axis++) {
        int own = axis + rank - input.dims().length;
        dims[own] = Math.max(dims[own], input.dims()[axis]);
      }
    }
    ReferenceTensor result =
        each(
            dims,
            at -> {
              double[] all = inputs.stream().mapToDouble(input -> input.at(at)).toArray();
              return switch (operation.arithmetic()) {
                case ADD -> Arrays.stream(all).sum();
                case SUBTRACT -> Arrays.stream(all).reduce((a, b) -> a - b).orElseThrow();
                case MULTIPLY -> Arrays.stream(all).reduce(1, (a, b) -> a * b);
                case DIVIDE -> Arrays.stream(all).reduce((a, b) -> a / b).orElseThrow();
                case AVERAGE -> Arrays.stream(all).average().orElseThrow();
                case MAXIMUM -> Arrays.stream(all).max().orElseThrow();
                case MINIMUM -> Arrays.stream(all).min().orElseThrow();
              };
            });
    return result.masked(commonMask());
  }

  private boolean @Nullable [] commonMask() {
    return inputs.stream().allMatch(input -> input.present() != null) ? x.present() : null;
  }

  @Override
  public ReferenceTensor concat(ShapeOperation.Concat operation) {
    int axis = operation.axis();
    int size = inputs.stream().mapToInt(input -> input.dims()[axis]).sum();
    return each(
            with(x.dims(), axis, size),
            at -> {
              int left = at[axis];
              for (ReferenceTensor input : inputs) {
                if (left < input.dims()[axis]) {
                  return input.at(with(at, axis, left));
                }
                left -= input.dims()[axis];
              }
              throw new IllegalStateException("past the last input");
            })
        .masked(commonMask());
  }

  @Override
  public ReferenceTensor slice(ShapeOperation.Slice operation) {
    int axis = operation.axis();
    int size = x.dims()[axis];
    int from = ShapeOperation.Slice.index(operation.from(), size);
    int to = operation.to() == null ? size : ShapeOperation.Slice.index(operation.to(), size);
    ReferenceTensor part =
        each(with(x.dims(), axis, to - from), at -> x.at(with(at, axis, at[axis] + from)));
    if (!operation.removesAxis()) {
      return part.masked(x.present());
    }
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < x.dims().length; i++) {
      if (i != axis) {
        left.add(x.dims()[i]);
      }
    }
    int[] dims = left.stream().mapToInt(Integer::intValue).toArray();
    return new ReferenceTensor(part.data(), dims.length == 0 ? new int[] {1} : dims, null);
  }

  @Override
  public ReferenceTensor pad(ShapeOperation.Pad operation) {
    int steps = x.dims()[0];
    return each(
        with(x.dims(), 0, steps + operation.before() + operation.after()),
        at -> {
          int step = at[0] - operation.before();
          return step < 0 || step >= steps ? 0 : x.at(with(at, 0, step));
        });
  }

  @Override
  public ReferenceTensor reverse(ShapeOperation.Reverse operation) {
    int axis = operation.axis();
    return each(x.dims(), at -> x.at(with(at, axis, x.dims()[axis] - 1 - at[axis])));
  }

  @Override
  public ReferenceTensor dot(TensorOperation.Dot operation) {
    ReferenceTensor y = inputs.get(1);
    int first = operation.first();
    int second = operation.second();
    List<Integer> dims = new ArrayList<>();
    IntStream.range(0, x.dims().length).filter(i -> i != first).forEach(i -> dims.add(x.dims()[i]));
    IntStream.range(0, y.dims().length)
        .filter(i -> i != second)
        .forEach(i -> dims.add(y.dims()[i]));
    if (dims.isEmpty()) {
      dims.add(1);
    }
    return each(
        dims.stream().mapToInt(Integer::intValue).toArray(),
        at -> {
          double sum = 0;
          double own = 0;
          double other = 0;
          for (int k = 0; k < x.dims()[first]; k++) {
            double a = x.at(inserted(at, 0, x.dims().length, first, k));
            double b = y.at(inserted(at, x.dims().length - 1, y.dims().length, second, k));
            sum += a * b;
            own += a * a;
            other += b * b;
          }
          return operation.isNormalized()
              ? sum / Math.sqrt(Math.max(own, 1e-12)) / Math.sqrt(Math.max(other, 1e-12))
              : sum;
        });
  }

  /** A part of an index, with a value put in at an axis. */
  private static int[] inserted(int[] index, int from, int rank, int axis, int value) {
    int[] whole = new int[rank];
    for (int i = 0; i < rank; i++) {
      whole[i] = i == axis ? value : index[from + (i < axis ? i : i - 1)];
    }
    return whole;
  }

  @Override
  public ReferenceTensor softmax(TensorOperation.Softmax operation) {
    int axis = operation.axis();
    return each(
        x.dims(),
        at -> {
          double[] all =
              IntStream.range(0, x.dims()[axis])
                  .mapToDouble(k -> x.at(with(at, axis, k)))
                  .toArray();
          return softmax(all)[at[axis]];
        });
  }

  @Override
  public ReferenceTensor unitNorm(TensorOperation.UnitNorm operation) {
    int axis = operation.axis();
    return each(
            x.dims(),
            at -> {
              double length =
                  Math.sqrt(
                      IntStream.range(0, x.dims()[axis])
                          .mapToDouble(k -> Math.pow(x.at(with(at, axis, k)), 2))
                          .sum());
              return x.at(at) / Math.max(length, operation.epsilon());
            })
        .masked(x.present());
  }

  private static double[] softmax(double[] scores) {
    double most = Arrays.stream(scores).max().orElseThrow();
    double[] powers = Arrays.stream(scores).map(score -> Math.exp(score - most)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  @Override
  public ReferenceTensor attend(TensorOperation.Attend operation) {
    return attend(
        operation.heads(),
        operation.isCausal(),
        (q, k) -> {
          double sum = 0;
          for (int i = 0; i < q.length; i++) {
            sum += q[i] * k[i];
          }
          return operation.scale() * sum;
        });
  }

  @Override
  public ReferenceTensor additiveAttend(TensorOperation.AdditiveAttend operation) {
    return attend(
        1,
        operation.isCausal(),
        (q, k) -> {
          double sum = 0;
          for (int i = 0; i < q.length; i++) {
            sum += operation.scale()[i] * Math.tanh(q[i] + k[i]);
          }
          return sum;
        });
  }

  /** How well a key fits a query. */
  private interface Score {
    double of(double[] query, double[] key);
  }

  private ReferenceTensor attend(int heads, boolean isCausal, Score score) {
    ReferenceTensor keys = inputs.get(1);
    ReferenceTensor values = inputs.get(2);
    int width = values.dims()[1] / heads;
    return each(
            new int[] {x.dims()[0], values.dims()[1]},
            at -> {
              if (x.present() != null && !x.present()[at[0]]) {
                return 0;
              }
              int head = at[1] / width;
              int[] seen =
                  IntStream.range(0, keys.dims()[0])
                      .filter(s -> keys.present() == null || keys.present()[s])
                      .filter(s -> !isCausal || s <= at[0])
                      .toArray();
              double[] query = part(x, at[0], head, heads);
              double[] weights =
                  softmax(
                      Arrays.stream(seen)
                          .mapToDouble(s -> score.of(query, part(keys, s, head, heads)))
                          .toArray());
              return IntStream.range(0, seen.length)
                  .mapToDouble(i -> weights[i] * values.at(seen[i], at[1]))
                  .sum();
            })
        .masked(x.present());
  }

  private static double[] part(ReferenceTensor from, int step, int head, int heads) {
    int width = from.dims()[1] / heads;
    return IntStream.range(0, width).mapToDouble(i -> from.at(step, head * width + i)).toArray();
  }

  @Override
  public ReferenceTensor groupNorm(TensorOperation.GroupNorm operation) {
    int width = operation.scale().length;
    int group = width / operation.groups();
    return each(
        x.dims(),
        at -> {
          int feature = at[at.length - 1];
          double[] all =
              IntStream.range(0, x.data().length)
                  .filter(i -> i % width / group == feature / group)
                  .mapToDouble(i -> x.data()[i])
                  .toArray();
          double mean = Arrays.stream(all).average().orElseThrow();
          double variance =
              Arrays.stream(all).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
          return (x.at(at) - mean)
                  / Math.sqrt(variance + operation.epsilon())
                  * operation.scale()[feature]
              + operation.shift()[feature];
        });
  }

  @Override
  public ReferenceTensor prelu(TensorOperation.Prelu operation) {
    return each(
            x.dims(),
            at -> {
              double number = x.at(at);
              return number >= 0 ? number : operation.alpha()[at[at.length - 1]] * number;
            })
        .masked(x.present());
  }
}
