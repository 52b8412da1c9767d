package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.TensorOperation.Arithmetic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The operators that are products of matrices: with constant ones, dense layers. */
final class ProductOperators {

  static final Map<String, Operator> ALL =
      Map.of(
          "MatMul", ProductOperators::matMul,
          "Gemm", ProductOperators::gemm,
          "Einsum", EinsumOperator::apply);

  private ProductOperators() {}

  private static List<Value> matMul(OperatorCall call) throws IOException, ImportException {
    if (call.isData(0) && !call.isData(1)) {
      Constant kernel = call.numbers(1);
      if (kernel.rank() == 2 && kernel.values().length > 0) {
        return List.of(dense(call, call.data(0), last(call, 0), new Kernel(kernel), null));
      }
    }
    if (call.isData(1) && !call.isData(0)) {
      Constant kernel = call.numbers(0);
      if (kernel.rank() == 2 && kernel.values().length > 0) {
        Constant turned = ConstantFolding.transpose(call, kernel, List.of(1, 0));
        return List.of(dense(call, call.data(1), last(call, 1) - 1, new Kernel(turned), null));
      }
    }
    if (!call.isData(0) && !call.isData(1)) {
      return List.of(ConstantFolding.product(call, call.numbers(0), call.numbers(1)));
    }
    Data a = call.isData(0) ? call.data(0) : null;
    Data b = call.isData(1) ? call.data(1) : null;
    if (a == null) {
      a = Joining.constant(call, call.numbers(0), call.data(1));
    }
    if (b == null) {
      b = Joining.constant(call, call.numbers(1), a);
    }
    return List.of(matrices(call, a, b));
  }

  private static int last(OperatorCall call, int input) throws ImportException {
    int rank = call.data(input).rank();
    if (rank < 2) {
      throw call.refuse("it multiplies a vector");
    }
    return rank - 1;
  }

  /** A constant matrix [in, out]. */
  record Kernel(int in, int out, float[] values) {
    Kernel(Constant matrix) {
      this(matrix.shape()[0], matrix.shape()[1], matrix.values());
    }
  }

  /** A dense layer along a dimension. */
  static Data dense(
      OperatorCall call, Data data, int dimension, Kernel kernel, float @Nullable [] bias)
      throws ImportException {
    List<Axis> axes = data.dims().get(dimension);
    requireWidth(call, data, axes, kernel.in());
    Data placed = call.nodes().endingIn(data, axes);
    Layer layer =
        new Layer.Dense(
            kernel.in(),
            kernel.out(),
            Activation.LINEAR,
            kernel.values(),
            bias == null ? new float[kernel.out()] : bias);
    String node = call.nodes().add(call, layer, placed.node());
    List<Axis> out = List.of(call.nodes().axis(kernel.out()));
    List<List<Axis>> groups = new ArrayList<>(placed.groups());
    groups.set(groups.size() - 1, out);
    return new Data(node, groups, data.replace(dimension, out));
  }

  /** The product of the axes' sizes, which an input that is open here learns. */
  static void requireWidth(OperatorCall call, Data data, List<Axis> axes, int expected)
      throws ImportException {
    long width = 1;
    for (Axis axis : axes) {
      if (axes.size() == 1 && axis.isUnknown()) {
        InputLayout layout = call.nodes().inputs().layout(axis.input());
        throw new InputLayout.Learned(axis.input(), layout.withWidth(expected));
      }
      boolean isLastOfInput =
          axes.size() == 1
              && !axis.isFixed()
              && !axis.isBatch()
              && !axis.input().isEmpty()
              && axis.index() == call.nodes().inputs().data(axis.input()).rank() - 1;
      if (isLastOfInput) {
        InputLayout layout = call.nodes().inputs().layout(axis.input());
        throw new InputLayout.Learned(axis.input(), layout.withoutTime().withWidth(expected));
      }
      if (axis.isBatch()) {
        throw call.refuseBatch(data, "it takes %d features along the batch".formatted(expected));
      }
      if (!axis.isFixed()) {
        throw call.refuse(
            "it takes %d features along steps whose number is open".formatted(expected));
      }
      width *= axis.size().size();
    }
    if (width != expected) {
      throw call.refuse(
          "it takes %d features, the layer below gives %d".formatted(expected, width));
    }
  }

  private static List<Value> gemm(OperatorCall call) throws IOException, ImportException {
    OnnxNode node = call.node();
    if (!call.isData(0) || call.isData(1)) {
      throw call.refuse("its second input is no constant; nearest is a MatMul");
    }
    Data data = call.data(0);
    if (node.integer("transA", 0) != 0 || data.rank() != 2) {
      throw call.refuse("its first input is not rows of features");
    }
    Constant stored = call.numbers(1);
    if (stored.rank() != 2 || stored.values().length == 0) {
      throw call.refuse("its kernel has shape " + Arrays.toString(stored.shape()));
    }
    boolean transposed = node.integer("transB", 0) != 0;
    int in = stored.shape()[transposed ? 1 : 0];
    int out = stored.shape()[transposed ? 0 : 1];
    float[] kernel = transposed ? GateBlocks.transpose(stored.values(), out, in) : stored.values();
    float alpha = node.number("alpha", 1);
    if (alpha != 1) {
      kernel = kernel.clone();
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] *= alpha;
      }
    }
    float[] bias = new float[out];
    if (call.has(2) && !call.isData(2)) {
      float[] given = features(call, call.numbers(2), out);
      for (int i = 0; i < out; i++) {
        bias[i] = given[i] * node.number("beta", 1);
      }
    }
    Data product = dense(call, data, 1, new Kernel(in, out, kernel), bias);
    if (call.isData(2)) {
      if (node.number("beta", 1) != 1) {
        throw call.refuse("beta is not 1");
      }
      return List.of(ArithmeticOperators.combine(call, product, call.data(2), Arithmetic.ADD));
    }
    return List.of(product);
  }

  /** A constant that is the same for all rows, as one number a feature. */
  private static float[] features(OperatorCall call, Constant numbers, int width)
      throws ImportException {
    int count = numbers.values().length;
    boolean last = numbers.rank() > 0 && numbers.shape()[numbers.rank() - 1] == width;
    if (count == 1) {
      float[] all = new float[width];
      Arrays.fill(all, numbers.values()[0]);
      return all;
    }
    if (!last || count != width) {
      throw call.refuse(
          "its constant of shape %s is not one number a feature of %d"
              .formatted(Arrays.toString(numbers.shape()), width));
    }
    return numbers.values();
  }

  private static Data matrices(OperatorCall call, Data a, Data b) throws ImportException {
    int rank = a.rank();
    if (rank < 2 || b.rank() < 2) {
      throw call.refuse("it multiplies a vector");
    }
    Product product = new Product(call, a, b);
    List<List<Axis>> dims = new ArrayList<>();
    int most = Math.max(rank, b.rank());
    for (int i = 0; i < most - 2; i++) {
      int left = i - (most - rank);
      int right = i - (most - b.rank());
      dims.add(
          product.lead(
              left < 0 ? List.of() : a.dims().get(left),
              right < 0 ? List.of() : b.dims().get(right)));
    }
    Data result =
        product.of(
            a.dims().get(rank - 2),
            a.dims().get(rank - 1),
            b.dims().get(b.rank() - 2),
            b.dims().get(b.rank() - 1));
    dims.addAll(result.dims());
    return result.withDims(dims);
  }

  /** A product of two tensors' matrices. */
  static final class Product {

    private final OperatorCall call;
    private final Data a;
    private final Data b;
    private final List<List<Axis>> leadA = new ArrayList<>();
    private final List<List<Axis>> leadB = new ArrayList<>();

    Product(OperatorCall call, Data a, Data b) {
      this.call = call;
      this.a = call.nodes().settled(a);
      this.b = call.nodes().settled(b);
    }

    /** Takes a dimension of each that tells matrices apart; gives that of the product. */
    List<Axis> lead(List<Axis> left, List<Axis> right) throws ImportException {
      boolean isImplied = (isBatch(left) && right.isEmpty()) || (isBatch(right) && left.isEmpty());
      if (isImplied) {
        return left.isEmpty() ? right : left;
      }
      if (left.size() != right.size()) {
        throw call.refuse("its matrices differ in number");
      }
      for (int i = 0; i < left.size(); i++) {
        if (!left.get(i).size().equals(right.get(i).size())) {
          throw call.refuse("its matrices differ in number");
        }
      }
      List<Axis> own = left.stream().filter(axis -> !axis.isBatch()).toList();
      if (!own.isEmpty()) {
        leadA.add(own);
        leadB.add(right.stream().filter(axis -> !axis.isBatch()).toList());
      }
      return left;
    }

    private static boolean isBatch(List<Axis> axes) {
      return axes.size() == 1 && axes.get(0).isBatch();
    }

    /** [..., rows, columns], the last two of which are its dims. */
    Data of(List<Axis> rows, List<Axis> inner, List<Axis> innerToo, List<Axis> columns)
        throws ImportException {
      if (Stream.of(rows, inner, innerToo, columns)
          .anyMatch(axes -> axes.stream().anyMatch(Axis::isBatch))) {
        throw call.refuseBatch(a, "it sums over the batch, or has it in a matrix");
      }
      List<List<Axis>> left = new ArrayList<>(leadA);
      left.add(rows);
      left.add(inner);
      List<List<Axis>> right = new ArrayList<>(leadB);
      right.add(innerToo);
      right.add(columns);
      List<Axis> own = columns.stream().map(axis -> call.nodes().axis(axis.size())).toList();
      String node =
          call.nodes()
              .add(
                  call,
                  new ArrayOperation.MatrixProduct(),
                  call.nodes().arranged(a, left).node(),
                  call.nodes().arranged(b, right).node());
      List<List<Axis>> groups = new ArrayList<>(leadA);
      groups.add(rows);
      groups.add(own);
      return new Data(node, groups, List.of(rows, own));
    }
  }
}
