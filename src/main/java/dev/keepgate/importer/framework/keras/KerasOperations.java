package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ActivationNames;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Adds functions that are called as layers to a graph, as Keras 3 writes {@code x[:, -1]}, {@code x
 * + y} and {@code keras.ops}. They know no masks.
 */
final class KerasOperations {

  private static final Map<String, Arithmetic> ARITHMETIC =
      Map.of(
          "Add", Arithmetic.ADD,
          "Subtract", Arithmetic.SUBTRACT,
          "Multiply", Arithmetic.MULTIPLY,
          "TrueDivide", Arithmetic.DIVIDE,
          "Divide", Arithmetic.DIVIDE,
          "Maximum", Arithmetic.MAXIMUM,
          "Minimum", Arithmetic.MINIMUM);

  private static final Map<String, Reduction> REDUCTIONS =
      Map.of(
          "Mean", Reduction.MEAN,
          "Sum", Reduction.SUM,
          "Max", Reduction.MAX,
          "Amax", Reduction.MAX,
          "Min", Reduction.MIN,
          "Amin", Reduction.MIN);

  private final GraphBuilder graph;

  KerasOperations(GraphBuilder graph) {
    this.graph = graph;
  }

  /**
   * Adds a function.
   *
   * @param inputs the tensors that it takes, by the names of the graph
   * @return what it gives
   */
  List<String> apply(KerasCall call, List<String> inputs) throws ImportException {
    KerasLayer layer = call.layer();
    if (!call.named().isEmpty() || !call.options().isEmpty() || inputs.isEmpty()) {
      throw layer.unsupported(
          "",
          "takes %s %s by name; give them in order"
              .formatted(call.named().keySet(), call.options().keySet()));
    }
    List<String> own = new ArrayList<>();
    for (String input : inputs) {
      own.add(unmasked(input));
    }
    String kind = layer.className().substring(KerasLayer.OPERATION.length());
    Arithmetic arithmetic = ARITHMETIC.get(kind);
    if (arithmetic != null) {
      return List.of(arithmetic(call, arithmetic, own));
    }
    Reduction reduction = REDUCTIONS.get(kind);
    String x = own.get(0);
    if (reduction != null) {
      return List.of(reduce(layer, reduction, x));
    }
    return switch (kind) {
      case "Split" -> split(layer, x);
      case "GetItem" -> List.of(new KerasIndexing(graph, layer).apply(x, index(call)));
      default -> List.of(single(call, kind, x, own));
    };
  }

  private static JsonNode index(KerasCall call) {
    return call.arguments().path(1);
  }

  /** Without a mask, which a function's result has none of. */
  String unmasked(String x) {
    Shape shape = graph.shape(x);
    return shape.mask() == null
        ? x
        : graph.add(x + "_unmasked", KerasIndexing.reshape(shape.dims()), List.of(x));
  }

  private String single(KerasCall call, String kind, String x, List<String> all)
      throws ImportException {
    KerasLayer layer = call.layer();
    Shape shape = graph.shape(x);
    return switch (kind) {
      case "Concatenate" ->
          graph.add(layer.name(), new ShapeOperation.Concat(axis(layer, shape)), all);
      case "Stack" -> stack(layer, all, shape);
      case "Matmul", "Dot" -> product(call, all);
      case "Reshape" -> reshape(layer, x, shape);
      case "ExpandDims" -> {
        List<Dimension> dims = new ArrayList<>(shape.dims());
        dims.add(insertion(layer, dims.size()), Dimension.of(1));
        yield graph.add(layer.name(), KerasIndexing.reshape(dims), List.of(x));
      }
      case "Squeeze" -> squeeze(layer, x, shape);
      case "Transpose" -> transpose(layer, x, shape);
      case "Flip" ->
          graph.add(layer.name(), new ShapeOperation.Reverse(axis(layer, shape)), List.of(x));
      case "Square" -> combine(layer, Arithmetic.MULTIPLY, List.of(x, x));
      case "Power" -> power(call, x);
      case "Absolute", "Abs" ->
          combine(
              layer, Arithmetic.MAXIMUM, List.of(x, affine(layer.name() + "_negative", x, -1, 0)));
      case "Negative" -> affine(layer.name(), x, -1, 0);
      case "Softmax" ->
          graph.add(layer.name(), new TensorOperation.Softmax(axis(layer, shape)), List.of(x));
      case "Glu" -> gatedUnit(layer.name(), x, (int) layer.number("axis", -1));
      case "Cast" -> cast(layer, x);
      case "Identity" -> x;
      default -> activation(layer, kind, x);
    };
  }

  private String combine(KerasLayer layer, Arithmetic arithmetic, List<String> inputs)
      throws ImportException {
    int rank = graph.shape(inputs.get(0)).rank();
    for (String input : inputs) {
      if (graph.shape(input).rank() != rank) {
        throw layer.unsupported(
            "", "takes tensors of different numbers of dimensions, which would mix the batch");
      }
    }
    return graph.add(layer.name(), new TensorOperation.Combine(arithmetic), inputs);
  }

  /** Of two tensors, or of one and numbers of the file. */
  private String arithmetic(KerasCall call, Arithmetic arithmetic, List<String> inputs)
      throws ImportException {
    KerasLayer layer = call.layer();
    if (inputs.size() == 2) {
      return combine(layer, arithmetic, inputs);
    }
    boolean isSecond = !KerasCall.isTensor(call.arguments().path(0));
    JsonNode other = call.arguments().path(isSecond ? 0 : 1);
    String x = inputs.get(0);
    int width = graph.shape(x).width();
    float[] numbers = numbers(layer, other, width);
    return switch (arithmetic) {
      case MAXIMUM ->
          activate(layer, x, new Activation(Kind.CLIP, only(layer, numbers), Float.MAX_VALUE));
      case MINIMUM ->
          activate(layer, x, new Activation(Kind.CLIP, -Float.MAX_VALUE, only(layer, numbers)));
      default -> {
        float[] scale = new float[width];
        float[] shift = new float[width];
        for (int i = 0; i < width; i++) {
          scale[i] = scale(layer, arithmetic, isSecond, numbers[i]);
          shift[i] = shift(arithmetic, isSecond, numbers[i]);
        }
        yield graph.add(layer.name(), new Layer.Scale(scale, shift), List.of(x));
      }
    };
  }

  private static float scale(
      KerasLayer layer, Arithmetic arithmetic, boolean isSecond, float number)
      throws ImportException {
    return switch (arithmetic) {
      case ADD -> 1;
      case SUBTRACT -> isSecond ? -1 : 1;
      case MULTIPLY -> number;
      default -> {
        if (isSecond || number == 0) {
          throw layer.unsupported("", "divides by a tensor, or by nothing");
        }
        yield 1 / number;
      }
    };
  }

  private static float shift(Arithmetic arithmetic, boolean isSecond, float number) {
    return switch (arithmetic) {
      case ADD -> number;
      case SUBTRACT -> isSecond ? number : -number;
      default -> 0;
    };
  }

  private static float only(KerasLayer layer, float[] numbers) throws ImportException {
    for (float number : numbers) {
      if (number != numbers[0]) {
        throw layer.unsupported("", "takes a bound of its own for each feature");
      }
    }
    return numbers[0];
  }

  /** A number, or a vector over the features, as the file has it. */
  private static float[] numbers(KerasLayer layer, JsonNode json, int width)
      throws ImportException {
    List<Float> numbers = new ArrayList<>();
    boolean isOfFeatures = flatten(json, numbers);
    if (!isOfFeatures || (numbers.size() != 1 && numbers.size() != width)) {
      throw layer.unsupported("", "takes %s besides a tensor".formatted(json));
    }
    float[] all = new float[width];
    for (int i = 0; i < width; i++) {
      all[i] = numbers.get(numbers.size() == 1 ? 0 : i);
    }
    return all;
  }

  /** Whether only the innermost of nested lists has more than one element. */
  private static boolean flatten(JsonNode json, List<Float> into) {
    JsonNode value = json.isObject() ? json.path("config").path("value") : json;
    if (value.isNumber()) {
      into.add(value.floatValue());
      return true;
    }
    if (value.isArray() && value.size() == 1) {
      return flatten(value.get(0), into);
    }
    for (JsonNode each : value) {
      if (!each.isNumber()) {
        return false;
      }
      into.add(each.floatValue());
    }
    return value.isArray() && !value.isEmpty();
  }

  private String affine(String name, String x, float scale, float shift) {
    Activation activation = new Activation(Kind.AFFINE, scale, shift);
    return graph.add(name, new Layer.Activate(graph.shape(x).width(), activation), List.of(x));
  }

  private String activate(KerasLayer layer, String x, Activation activation) {
    return graph.add(
        layer.name(), new Layer.Activate(graph.shape(x).width(), activation), List.of(x));
  }

  private String power(KerasCall call, String x) throws ImportException {
    if (KerasCall.isTensor(call.arguments().path(0)) && call.arguments().path(1).asInt(0) == 2) {
      return combine(call.layer(), Arithmetic.MULTIPLY, List.of(x, x));
    }
    throw call.layer().unsupported("", "only squares are computed");
  }

  private String activation(KerasLayer layer, String kind, String x) throws ImportException {
    Activation activation =
        switch (kind) {
          case "Gelu" ->
              layer.flag("approximate", true)
                  ? Activation.of(Kind.GELU_TANH)
                  : Activation.of(Kind.GELU);
          case "LeakyRelu" ->
              new Activation(Kind.LEAKY_RELU, layer.number("negative_slope", 0.2), 0);
          case "Elu" -> new Activation(Kind.ELU, layer.number("alpha", 1), 0);
          case "Celu" -> new Activation(Kind.CELU, layer.number("alpha", 1), 0);
          case "Squareplus" -> new Activation(Kind.SQUAREPLUS, layer.number("b", 4), 0);
          case "HardShrink" -> new Activation(Kind.HARD_SHRINK, layer.number("threshold", 0.5), 0);
          case "SoftShrink" -> new Activation(Kind.SOFT_SHRINK, layer.number("threshold", 0.5), 0);
          case "Threshold" ->
              new Activation(
                  Kind.THRESHOLD, layer.number("threshold", 0), layer.number("default_value", 0));
          case "Clip" ->
              new Activation(Kind.CLIP, layer.number("x_min", 0), layer.number("x_max", 0));
          case "HardSigmoid" -> Activation.HARD_SIGMOID_SIXTH;
          case "Exp" -> Activation.of(Kind.EXPONENTIAL);
          case "LogSoftmax" -> {
            Shape shape = graph.shape(x);
            if (axis(layer, shape) != shape.rank() - 1) {
              throw layer.unsupported("axis", "expected the last one");
            }
            yield named(layer, kind);
          }
          default -> named(layer, kind);
        };
    return activate(layer, x, activation);
  }

  private static Activation named(KerasLayer layer, String kind) throws ImportException {
    Activation activation = ActivationNames.find(KerasArchitecture.snakeCase(kind));
    if (activation == null) {
      throw layer.unsupported(
          "", "is a function that is not computed here; layers and keras.ops such as add are");
    }
    return activation;
  }

  /** x * sigmoid(y) of both halves of the features. */
  String gatedUnit(String name, String x, int axis) {
    Shape shape = graph.shape(x);
    int at = shape.axis(axis);
    int half = shape.fixed(at) / 2;
    String first =
        graph.add(name + "_value", new ShapeOperation.Slice(at, 0, half, false), List.of(x));
    String second =
        graph.add(name + "_gate", new ShapeOperation.Slice(at, half, null, false), List.of(x));
    String gate =
        graph.add(
            name + "_sigmoid",
            new Layer.Activate(graph.shape(second).width(), Activation.SIGMOID),
            List.of(second));
    return graph.add(name, new TensorOperation.Combine(Arithmetic.MULTIPLY), List.of(first, gate));
  }

  private String reduce(KerasLayer layer, Reduction reduction, String x) throws ImportException {
    if (!layer.config().path("initial").isNull() && layer.config().has("initial")) {
      throw layer.unsupported("initial", "is not supported");
    }
    Set<Integer> axes = new TreeSet<>();
    JsonNode axis = layer.config().path("axis");
    for (JsonNode each : axis.isArray() ? axis : List.of(axis)) {
      if (!each.isInt() || each.intValue() == 0) {
        throw layer.unsupported("axis", "is %s, and the batch is not reduced".formatted(axis));
      }
      axes.add(graph.shape(x).axis(each.intValue()));
    }
    if (axes.isEmpty() || (axes.size() == graph.shape(x).rank() && !layer.flag("keepdims"))) {
      throw layer.unsupported("axis", "leaves no dimension: %s".formatted(axis));
    }
    return graph.add(
        layer.name(),
        new TensorOperation.Reduce(reduction, axes, layer.flag("keepdims")),
        List.of(x));
  }

  /** The one axis that a field says, behind the batch. */
  private static int axis(KerasLayer layer, Shape shape) throws ImportException {
    JsonNode axis = layer.config().path("axis");
    JsonNode only = axis.isArray() && axis.size() == 1 ? axis.get(0) : axis;
    if (!only.isInt() || only.intValue() == 0 || only.intValue() == -shape.rank() - 1) {
      throw layer.unsupported("axis", "is %s, not one behind the batch".formatted(axis));
    }
    return shape.axis(only.intValue());
  }

  /** Where a new axis comes among those behind the batch. */
  private static int insertion(KerasLayer layer, int rank) throws ImportException {
    JsonNode axis = layer.config().path("axis");
    int at = axis.isInt() && axis.intValue() < 0 ? axis.intValue() + rank + 1 : axis.asInt(0) - 1;
    if (!axis.isInt() || at < 0 || at > rank) {
      throw layer.unsupported("axis", "is %s, not one behind the batch".formatted(axis));
    }
    return at;
  }

  private String stack(KerasLayer layer, List<String> all, Shape shape) throws ImportException {
    int at = insertion(layer, shape.rank());
    List<Dimension> dims = new ArrayList<>(shape.dims());
    dims.add(at, Dimension.of(1));
    List<String> parts = new ArrayList<>();
    for (String each : all) {
      parts.add(graph.add(layer.name() + "_part", KerasIndexing.reshape(dims), List.of(each)));
    }
    return graph.add(layer.name(), new ShapeOperation.Concat(at), parts);
  }

  private List<String> split(KerasLayer layer, String x) throws ImportException {
    Shape shape = graph.shape(x);
    int axis = axis(layer, shape);
    int size = shape.fixed(axis);
    JsonNode parts = layer.config().path("indices_or_sections");
    List<Integer> ends = new ArrayList<>();
    if (parts.isInt() && parts.intValue() > 0 && size % parts.intValue() == 0) {
      for (int i = 1; i < parts.intValue(); i++) {
        ends.add(size / parts.intValue() * i);
      }
    } else if (parts.isArray()) {
      parts.forEach(end -> ends.add(end.asInt(0)));
    } else {
      throw layer.unsupported("indices_or_sections", "is " + parts);
    }
    List<String> outputs = new ArrayList<>();
    int from = 0;
    ends.add(size);
    for (int end : ends) {
      outputs.add(
          graph.add(layer.name(), new ShapeOperation.Slice(axis, from, end, false), List.of(x)));
      from = end;
    }
    return outputs;
  }

  /** Of matrices of each row of the batch, or of vectors and a matrix of the file. */
  private String product(KerasCall call, List<String> all) throws ImportException {
    KerasLayer layer = call.layer();
    Shape first = graph.shape(all.get(0));
    boolean isBatched =
        all.size() == 2
            && layer.className().endsWith("Matmul")
            && first.rank() == 2
            && graph.shape(all.get(1)).rank() == 2;
    if (isBatched) {
      return graph.add(layer.name(), new TensorOperation.Dot(1, 0, false), all);
    }
    JsonNode matrix = call.arguments().path(1).path("config").path("value");
    if (all.size() != 1 || !KerasCall.isTensor(call.arguments().path(0)) || !matrix.isArray()) {
      throw layer.unsupported("", "multiplies %s, which mixes the batch".formatted(all));
    }
    int width = first.width();
    int outputs = matrix.path(0).size();
    float[] kernel = new float[Math.multiplyExact(width, outputs)];
    for (int i = 0; i < kernel.length; i++) {
      JsonNode number = matrix.path(i / outputs).path(i % outputs);
      if (!number.isNumber() || matrix.size() != width) {
        throw layer.unsupported("", "multiplies by no matrix of %d rows".formatted(width));
      }
      kernel[i] = number.floatValue();
    }
    return graph.add(
        layer.name(),
        new Layer.Dense(width, outputs, Activation.LINEAR, kernel, new float[outputs]),
        List.of(all.get(0)));
  }

  private String reshape(KerasLayer layer, String x, Shape shape) throws ImportException {
    List<Integer> target = new ArrayList<>();
    layer.config().path("newshape").forEach(size -> target.add(size.isInt() ? size.asInt() : -1));
    boolean isOfBatch = !target.isEmpty() && target.get(0) == -1;
    if (!isOfBatch) {
      throw layer.unsupported("newshape", "has to begin with -1, the batch");
    }
    List<Integer> rest = target.subList(1, target.size());
    long known = 1;
    for (Dimension dim : shape.dims()) {
      known *= dim.symbol() == null ? dim.size() : 0;
    }
    long asked = rest.stream().mapToLong(size -> size < 0 ? -1 : size).reduce(1, (a, b) -> a * b);
    if (asked != known || rest.isEmpty() || known == 0) {
      throw layer.unsupported(
          "newshape",
          "%s of %s mixes the batch; the layer Reshape does not".formatted(target, shape));
    }
    return graph.add(layer.name(), new ShapeOperation.Reshape(rest), List.of(x));
  }

  private String squeeze(KerasLayer layer, String x, Shape shape) throws ImportException {
    JsonNode axis = layer.config().path("axis");
    List<Integer> gone = new ArrayList<>();
    for (JsonNode each : axis.isArray() ? axis : List.of(axis)) {
      if (!each.isInt() || each.intValue() == 0) {
        throw layer.unsupported("axis", "is %s; say which".formatted(axis));
      }
      gone.add(shape.axis(each.intValue()));
    }
    gone.sort(Comparator.reverseOrder());
    List<Dimension> dims = new ArrayList<>(shape.dims());
    for (int each : gone) {
      if (!dims.remove(each).equals(Dimension.of(1))) {
        throw layer.unsupported("axis", "is not of size 1 in " + shape);
      }
    }
    if (dims.isEmpty()) {
      throw layer.unsupported("axis", "leaves no dimension");
    }
    return graph.add(layer.name(), KerasIndexing.reshape(dims), List.of(x));
  }

  private String transpose(KerasLayer layer, String x, Shape shape) throws ImportException {
    JsonNode axes = layer.config().path("axes");
    List<Integer> order = new ArrayList<>();
    for (int i = 1; i < axes.size(); i++) {
      order.add(shape.axis(axes.get(i).asInt(0)));
    }
    if (axes.path(0).asInt(-1) != 0 || order.size() != shape.rank()) {
      throw layer.unsupported("axes", "has to leave the batch first: " + axes);
    }
    return graph.add(layer.name(), new ShapeOperation.Permute(order), List.of(x));
  }

  private static String cast(KerasLayer layer, String x) throws ImportException {
    String type = layer.config().path("dtype").asString("");
    if (!type.equals("float32")) {
      throw layer.unsupported("dtype", "only float32 is computed, not " + type);
    }
    return x;
  }
}
