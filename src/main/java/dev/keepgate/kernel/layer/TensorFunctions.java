package dev.keepgate.kernel.layer;

import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import dev.keepgate.model.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Computes what is no product of matrices, sums in double precision. */
final class TensorFunctions implements TensorOperation.Visitor<Value> {

  private final List<Value> inputs;

  private TensorFunctions(List<Value> inputs) {
    this.inputs = inputs;
  }

  static Value apply(TensorOperation operation, List<Value> inputs) {
    return operation.accept(new TensorFunctions(inputs));
  }

  @Override
  public Value conv1d(TensorOperation.Conv1d operation) {
    throw new IllegalStateException("a convolution is a product of matrices");
  }

  @Override
  public Value pool1d(TensorOperation.Pool1d operation) {
    Value x = inputs.get(0);
    Window window = operation.window();
    int steps = x.dims()[1];
    int width = x.stride(1);
    int outputs = window.outputSteps(steps);
    Value y = Value.zero(x.dimsWith(1, outputs));
    for (int row = 0; row < x.batch(); row++) {
      for (int t = 0; t < outputs; t++) {
        int start = t * window.stride() - window.paddingBefore(steps);
        for (int j = 0; j < width; j++) {
          double sum = 0;
          float most = Float.NEGATIVE_INFINITY;
          int seen = 0;
          for (int k = 0; k < window.size(); k++) {
            int from = start + k * window.dilation();
            if (from >= 0 && from < steps) {
              float number = x.data()[(row * steps + from) * width + j];
              sum += number;
              most = Math.max(most, number);
              seen++;
            }
          }
          y.data()[(row * outputs + t) * width + j] =
              operation.isMaximum() ? most : (float) (sum / seen);
        }
      }
    }
    return y;
  }

  @Override
  public Value reduce(TensorOperation.Reduce operation) {
    Value x = inputs.get(0);
    int[] kept = x.dims().clone();
    for (int axis : operation.axes()) {
      kept[axis + 1] = 1;
    }
    int[] strides = strides(kept);
    Value result = Value.zero(kept);
    double[] sums = new double[result.data().length];
    int[] counts = new int[sums.length];
    Arrays.fill(sums, start(operation.reduction()));
    int[] at = new int[x.rank()];
    for (float number : x.data()) {
      if (x.present() == null || x.present()[at[0]][at[1]]) {
        int to = 0;
        for (int axis = 0; axis < at.length; axis++) {
          to += kept[axis] == 1 ? 0 : at[axis] * strides[axis];
        }
        sums[to] = reduce(operation.reduction(), sums[to], number);
        counts[to]++;
      }
      next(at, x.dims());
    }
    for (int i = 0; i < sums.length; i++) {
      boolean isMean = operation.reduction() == Reduction.MEAN;
      result.data()[i] = (float) (isMean ? sums[i] / counts[i] : sums[i]);
    }
    return operation.keepsAxes()
        ? result
        : Value.of(result.data(), without(x.dims(), operation.axes()));
  }

  private static double start(Reduction reduction) {
    return switch (reduction) {
      case MEAN, SUM -> 0;
      case MAX -> Double.NEGATIVE_INFINITY;
      case MIN -> Double.POSITIVE_INFINITY;
    };
  }

  private static double reduce(Reduction reduction, double so, double far) {
    return switch (reduction) {
      case MEAN, SUM -> so + far;
      case MAX -> Math.max(so, far);
      case MIN -> Math.min(so, far);
    };
  }

  private static int[] without(int[] dims, Set<Integer> axes) {
    int[] left =
        IntStream.range(0, dims.length)
            .filter(axis -> axis == 0 || !axes.contains(axis - 1))
            .map(axis -> dims[axis])
            .toArray();
    return left.length == 1 ? new int[] {left[0], 1} : left;
  }

  @Override
  public Value reshape(ShapeOperation.Reshape operation) {
    Value x = inputs.get(0);
    int[] dims = new int[operation.target().size() + 1];
    dims[0] = x.batch();
    int known = 1;
    for (int i = 1; i < dims.length; i++) {
      dims[i] = operation.target().get(i - 1);
      known *= dims[i] < 0 ? 1 : dims[i];
    }
    int row = x.stride(0);
    for (int i = 1; i < dims.length; i++) {
      dims[i] = dims[i] < 0 ? row / known : dims[i];
    }
    return Value.of(x.data(), dims);
  }

  @Override
  public Value permute(ShapeOperation.Permute operation) {
    Value x = inputs.get(0);
    int[] dims = x.dims().clone();
    int[] strides = new int[dims.length];
    strides[0] = x.stride(0);
    for (int i = 1; i < dims.length; i++) {
      int axis = operation.axes().get(i - 1) + 1;
      dims[i] = x.dims()[axis];
      strides[i] = x.stride(axis);
    }
    Value y = Value.zero(dims);
    int[] at = new int[dims.length];
    for (int i = 0; i < y.data().length; i++) {
      int from = 0;
      for (int axis = 0; axis < at.length; axis++) {
        from += at[axis] * strides[axis];
      }
      y.data()[i] = x.data()[from];
      next(at, dims);
    }
    return y;
  }

  @Override
  public Value repeat(ShapeOperation.Repeat operation) {
    Value x = inputs.get(0);
    Value y = Value.zero(x.batch(), operation.steps(), x.width());
    for (int i = 0; i < x.batch() * operation.steps(); i++) {
      int row = i / operation.steps();
      System.arraycopy(x.data(), row * x.width(), y.data(), i * x.width(), x.width());
    }
    return y;
  }

  @Override
  public Value combine(TensorOperation.Combine operation) {
    Value result = inputs.get(0);
    for (Value next : inputs.subList(1, inputs.size())) {
      result = Broadcast.combine(operation.arithmetic(), result, next);
    }
    if (operation.arithmetic() == Arithmetic.AVERAGE) {
      for (int i = 0; i < result.data().length; i++) {
        result.data()[i] /= inputs.size();
      }
    }
    boolean isMasked = inputs.stream().allMatch(input -> input.present() != null);
    return result.masked(isMasked ? inputs.get(0).present() : null);
  }

  @Override
  public Value concat(ShapeOperation.Concat operation) {
    int axis = operation.axis() + 1;
    int size = inputs.stream().mapToInt(input -> input.dims()[axis]).sum();
    Value y = Value.zero(inputs.get(0).dimsWith(axis, size));
    int to = y.stride(axis) * size;
    int before = 0;
    for (Value input : inputs) {
      int piece = input.stride(axis) * input.dims()[axis];
      for (int i = 0; i < input.data().length / Math.max(piece, 1); i++) {
        System.arraycopy(input.data(), i * piece, y.data(), i * to + before, piece);
      }
      before += piece;
    }
    boolean isMasked = inputs.stream().allMatch(input -> input.present() != null);
    return y.masked(isMasked ? inputs.get(0).present() : null);
  }

  @Override
  public Value slice(ShapeOperation.Slice operation) {
    Value x = inputs.get(0);
    int axis = operation.axis() + 1;
    int size = x.dims()[axis];
    int from = ShapeOperation.Slice.index(operation.from(), size);
    int to = operation.to() == null ? size : ShapeOperation.Slice.index(operation.to(), size);
    Value y = Value.zero(x.dimsWith(axis, Math.max(to - from, 0)));
    int stride = x.stride(axis);
    int piece = Math.max(to - from, 0) * stride;
    for (int i = 0; i < x.data().length / Math.max(size * stride, 1); i++) {
      System.arraycopy(x.data(), (i * size + from) * stride, y.data(), i * piece, piece);
    }
    return operation.removesAxis()
        ? Value.of(y.data(), without(x.dims(), Set.of(operation.axis())))
        : y.masked(x.present());
  }

  @Override
  public Value pad(ShapeOperation.Pad operation) {
    Value x = inputs.get(0);
    int steps = x.dims()[1];
    int padded = steps + operation.before() + operation.after();
    Value y = Value.zero(x.dimsWith(1, padded));
    int width = x.stride(1);
    for (int row = 0; row < x.batch(); row++) {
      System.arraycopy(
          x.data(),
          row * steps * width,
          y.data(),
          (row * padded + operation.before()) * width,
          steps * width);
    }
    return y;
  }

  @Override
  public Value reverse(ShapeOperation.Reverse operation) {
    Value x = inputs.get(0);
    int axis = operation.axis() + 1;
    int size = x.dims()[axis];
    int stride = x.stride(axis);
    Value y = Value.zero(x.dims());
    for (int i = 0; i < x.data().length / Math.max(stride, 1); i++) {
      int mirrored = i - i % size + (size - 1 - i % size);
      System.arraycopy(x.data(), i * stride, y.data(), mirrored * stride, stride);
    }
    return y;
  }

  @Override
  public Value dot(TensorOperation.Dot operation) {
    return Products.dot(operation, inputs.get(0), inputs.get(1));
  }

  @Override
  public Value softmax(TensorOperation.Softmax operation) {
    Value x = inputs.get(0);
    int axis = operation.axis() + 1;
    int size = x.dims()[axis];
    int stride = x.stride(axis);
    Value y = Value.zero(x.dims());
    double[] powers = new double[size];
    for (int i = 0; i < x.data().length / Math.max(size, 1); i++) {
      int start = i / stride * size * stride + i % stride;
      for (int k = 0; k < size; k++) {
        powers[k] = x.data()[start + k * stride];
      }
      Products.softmaxInPlace(powers);
      for (int k = 0; k < size; k++) {
        y.data()[start + k * stride] = (float) powers[k];
      }
    }
    return y;
  }

  @Override
  public Value unitNorm(TensorOperation.UnitNorm operation) {
    Value x = inputs.get(0);
    int axis = operation.axis() + 1;
    int size = x.dims()[axis];
    int stride = x.stride(axis);
    Value y = Value.zero(x.dims());
    for (int i = 0; i < x.data().length / Math.max(size, 1); i++) {
      int start = i / stride * size * stride + i % stride;
      double squares = 0;
      for (int k = 0; k < size; k++) {
        double each = x.data()[start + k * stride];
        squares += each * each;
      }
      double length = Math.max(Math.sqrt(squares), operation.epsilon());
      for (int k = 0; k < size; k++) {
        y.data()[start + k * stride] = (float) (x.data()[start + k * stride] / length);
      }
    }
    return y.masked(x.present());
  }

  @Override
  public Value attend(TensorOperation.Attend operation) {
    return new Attention(inputs, operation.heads(), operation.isCausal())
        .apply((query, key) -> operation.scale() * query.times(key));
  }

  @Override
  public Value additiveAttend(TensorOperation.AdditiveAttend operation) {
    return new Attention(inputs, 1, operation.isCausal())
        .apply((query, key) -> query.additive(key, operation.scale()));
  }

  @Override
  public Value groupNorm(TensorOperation.GroupNorm operation) {
    Value x = inputs.get(0);
    int width = x.width();
    int group = width / operation.groups();
    int steps = x.stride(0) / width;
    Value y = Value.zero(x.dims());
    for (int i = 0; i < x.batch() * operation.groups(); i++) {
      int first = i / operation.groups() * steps * width;
      int from = i % operation.groups() * group;
      double sum = 0;
      double squares = 0;
      for (int t = 0; t < steps; t++) {
        for (int j = from; j < from + group; j++) {
          sum += x.data()[first + t * width + j];
        }
      }
      double mean = sum / (steps * group);
      for (int t = 0; t < steps; t++) {
        for (int j = from; j < from + group; j++) {
          double distance = x.data()[first + t * width + j] - mean;
          squares += distance * distance;
        }
      }
      double deviation = Math.sqrt(squares / (steps * group) + operation.epsilon());
      for (int t = 0; t < steps; t++) {
        for (int j = from; j < from + group; j++) {
          double normal = (x.data()[first + t * width + j] - mean) / deviation;
          y.data()[first + t * width + j] =
              (float) (normal * operation.scale()[j] + operation.shift()[j]);
        }
      }
    }
    return y;
  }

  @Override
  public Value prelu(TensorOperation.Prelu operation) {
    Value x = inputs.get(0);
    Value y = Value.zero(x.dims());
    for (int i = 0; i < y.data().length; i++) {
      float number = x.data()[i];
      y.data()[i] = number >= 0 ? number : operation.alpha()[i % x.width()] * number;
    }
    return y.masked(x.present());
  }

  @Override
  public Value apply(ArrayOperation.Apply operation) {
    return ArrayFunctions.apply(operation, inputs.get(0));
  }

  @Override
  public Value combineConstant(ArrayOperation.CombineConstant operation) {
    return ArrayFunctions.combine(operation, inputs.get(0));
  }

  @Override
  public Value constant(ArrayOperation.Constant operation) {
    return ArrayFunctions.constant(operation, inputs.get(0).batch());
  }

  @Override
  public Value matrixProduct(ArrayOperation.MatrixProduct operation) {
    return ArrayFunctions.product(inputs.get(0), inputs.get(1));
  }

  @Override
  public Value take(ArrayOperation.Take operation) {
    return ArrayFunctions.take(operation, inputs.get(0));
  }

  @Override
  public Value select(ArrayOperation.Select operation) {
    return Broadcast.select(inputs.get(0), inputs.get(1), inputs.get(2));
  }

  @Override
  public Value repeatLike(ArrayOperation.RepeatLike operation) {
    int times = inputs.get(1).dims()[operation.like() + 1];
    return ArrayFunctions.repeat(inputs.get(0), operation.axis() + 1, times);
  }

  static int[] strides(int[] dims) {
    int[] strides = new int[dims.length];
    int stride = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  /** The next index, the last axis first. */
  static void next(int[] at, int[] dims) {
    for (int axis = at.length - 1; axis >= 0 && ++at[axis] == dims[axis]; axis--) {
      at[axis] = 0;
    }
  }
}
