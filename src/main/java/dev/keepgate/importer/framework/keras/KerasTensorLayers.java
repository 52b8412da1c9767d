package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Adds the layers that are not recurrent to a graph. */
final class KerasTensorLayers {

  private static final String LAST = "channels_last";

  /** Keras' epsilon, below which a vector is not made longer. */
  private static final float UNIT = 1e-7f;

  private final KerasStepLayers steps;
  private final KerasAttentionLayers attention;
  private final KerasConvolutions convolutions;
  private final KerasOperations operations;
  private final GraphBuilder graph;

  KerasTensorLayers(KerasVersion version, GraphBuilder graph) {
    this.steps = new KerasStepLayers(version);
    this.attention = new KerasAttentionLayers(graph);
    this.convolutions = new KerasConvolutions(version, graph);
    this.operations = new KerasOperations(graph);
    this.graph = graph;
  }

  /**
   * Adds a layer.
   *
   * @param inputs what it takes, by the names of the graph
   * @return what it gives
   */
  String apply(KerasCall call, List<String> inputs, KerasWeights weights)
      throws IOException, ImportException {
    KerasLayer layer = call.layer();
    if (inputs.isEmpty()) {
      throw layer.unsupported("", "takes no tensor");
    }
    return KerasActivations.isGatedUnit(layer)
        ? operations.gatedUnit(
            layer.name(), ungated(layer.with("activation", "linear"), inputs, weights, call), -1)
        : ungated(layer, inputs, weights, call);
  }

  private String ungated(
      KerasLayer layer, List<String> inputs, KerasWeights weights, KerasCall call)
      throws IOException, ImportException {
    String x = inputs.get(0);
    Shape shape = graph.shape(x);
    String name = layer.name();
    return switch (layer.className()) {
      case "Embedding" -> graph.add(name, embedding(layer, weights.of(layer)), inputs);
      case "Conv1D", "Convolution1D" -> convolutions.plain(layer, weights.of(layer), x);
      case "SeparableConv1D", "DepthwiseConv1D" ->
          convolutions.depthwise(layer, weights.of(layer), x);
      case "UpSampling1D" -> upSampling(layer, x, shape);
      case "UnitNormalization" ->
          graph.add(name, new TensorOperation.UnitNorm(onlyAxis(layer, shape), UNIT), inputs);
      case "MaxPooling1D" -> graph.add(name, pooling(layer, true), inputs);
      case "AveragePooling1D" -> graph.add(name, pooling(layer, false), inputs);
      case "GlobalMaxPooling1D" -> graph.add(name, reduce(layer, shape, Reduction.MAX), inputs);
      case "GlobalAveragePooling1D" ->
          graph.add(name, reduce(layer, shape, Reduction.MEAN), inputs);
      case "Flatten" -> flatten(layer, x, shape);
      case "Reshape" ->
          graph.add(name, new ShapeOperation.Reshape(numbers(layer, "target_shape")), inputs);
      case "Permute" -> {
        List<Integer> dims = numbers(layer, "dims");
        List<Integer> axes = dims.stream().map(dim -> dim - 1).toList();
        yield graph.add(name, new ShapeOperation.Permute(axes), inputs);
      }
      case "RepeatVector" -> graph.add(name, new ShapeOperation.Repeat(layer.size("n")), inputs);
      case "ZeroPadding1D" -> {
        int[] both = pair(layer, "padding");
        yield graph.add(name, new ShapeOperation.Pad(both[0], both[1]), inputs);
      }
      case "Cropping1D" -> {
        int[] both = pair(layer, "cropping");
        Integer to = both[1] == 0 ? null : Integer.valueOf(-both[1]);
        yield graph.add(name, new ShapeOperation.Slice(0, both[0], to, false), inputs);
      }
      case "Concatenate" ->
          graph.add(
              name, new ShapeOperation.Concat(shape.axis((int) layer.number("axis", -1))), inputs);
      case "Add" -> combine(layer, Arithmetic.ADD, inputs);
      case "Subtract" -> combine(layer, Arithmetic.SUBTRACT, inputs);
      case "Multiply" -> combine(layer, Arithmetic.MULTIPLY, inputs);
      case "Average" -> combine(layer, Arithmetic.AVERAGE, inputs);
      case "Maximum" -> combine(layer, Arithmetic.MAXIMUM, inputs);
      case "Minimum" -> combine(layer, Arithmetic.MINIMUM, inputs);
      case "Dot" -> dot(layer, inputs);
      case "Softmax" ->
          graph.add(name, new TensorOperation.Softmax(onlyAxis(layer, shape)), inputs);
      case "Attention", "AdditiveAttention", "MultiHeadAttention" ->
          attention.apply(call, inputs, weights.of(layer));
      case "GroupNormalization" ->
          graph.add(name, groupNormalization(layer, shape, weights.of(layer)), inputs);
      case "Normalization" ->
          graph.add(name, normalization(layer, shape, weights.of(layer)), inputs);
      case "Rescaling" -> graph.add(name, rescaling(layer, shape), inputs);
      case "PReLU" -> graph.add(name, prelu(layer, shape, weights.of(layer)), inputs);
      case "TimeDistributed" -> timeDistributed(layer, x, shape, weights);
      default -> step(layer, layer, "", inputs, weights);
    };
  }

  private String step(
      KerasLayer layer, KerasLayer inner, String part, List<String> inputs, KerasWeights weights)
      throws IOException, ImportException {
    Shape shape = graph.shape(inputs.get(0));
    int rank = part.isEmpty() ? shape.rank() + 1 : shape.rank();
    int width = shape.dims().get(shape.rank() - 1).size();
    Operation read = steps.read(inner, weights.of(layer), part, width, rank);
    if (read == null) {
      throw inner.unsupported("", KerasRemedies.of(inner));
    }
    return graph.add(layer.name(), read, inputs);
  }

  private String timeDistributed(KerasLayer layer, String x, Shape shape, KerasWeights weights)
      throws IOException, ImportException {
    KerasLayer inner = layer.inner("layer", "layer");
    if (KerasStepLayers.isIdentity(inner)) {
      return x;
    }
    if (inner.className().equals("Flatten")) {
      int width = 1;
      for (int axis = 1; axis < shape.rank(); axis++) {
        width = Math.multiplyExact(width, shape.fixed(axis));
      }
      return graph.add(layer.name(), new ShapeOperation.Reshape(List.of(-1, width)), List.of(x));
    }
    return step(layer, inner, "layer", List.of(x), weights);
  }

  private static Layer.Embedding embedding(KerasLayer layer, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    int vocabulary = layer.size("input_dim");
    int size = layer.size("output_dim");
    float[] table = numbers.next("", 0, vocabulary, size);
    return new Layer.Embedding(vocabulary, size, layer.flag("mask_zero"), table);
  }

  private static TensorOperation pooling(KerasLayer layer, boolean isMaximum)
      throws ImportException {
    requireLast(layer);
    int size = number(layer, "pool_size", 2);
    boolean isOwnStride = layer.config().path("strides").isNull();
    int stride = isOwnStride ? size : number(layer, "strides", size);
    return new TensorOperation.Pool1d(
        KerasConvolutions.window(layer, size, stride, false), isMaximum);
  }

  private static TensorOperation reduce(KerasLayer layer, Shape shape, Reduction reduction)
      throws ImportException {
    requireLast(layer);
    if (shape.rank() != 2) {
      throw layer.unsupported("", "takes [batch, steps, features], gets " + shape);
    }
    // Keras' maximum knows no mask.
    return new TensorOperation.Reduce(reduction, Set.of(0), layer.flag("keepdims"));
  }

  private String flatten(KerasLayer layer, String x, Shape shape) throws ImportException {
    requireLast(layer);
    return shape.rank() == 1
        ? x
        : graph.add(layer.name(), ShapeOperation.Reshape.flatten(), List.of(x));
  }

  /** Each step so many times. */
  private String upSampling(KerasLayer layer, String x, Shape shape) throws ImportException {
    int times = number(layer, "size", 2);
    String repeated =
        graph.add(
            layer.name() + "_repeated",
            new ShapeOperation.Concat(1),
            Collections.nCopies(times, x));
    return graph.add(
        layer.name(), new ShapeOperation.Reshape(List.of(-1, shape.width())), List.of(repeated));
  }

  private String combine(KerasLayer layer, Arithmetic arithmetic, List<String> inputs)
      throws ImportException {
    int rank = graph.shape(inputs.get(0)).rank();
    for (String input : inputs) {
      // Keras puts the axes that a tensor has not behind the batch only since 2.?
      if (graph.shape(input).rank() != rank) {
        throw layer.unsupported("", "takes tensors of different numbers of dimensions");
      }
    }
    return graph.add(layer.name(), new TensorOperation.Combine(arithmetic), inputs);
  }

  private String dot(KerasLayer layer, List<String> inputs) throws ImportException {
    JsonNode axes = layer.config().path("axes");
    if (inputs.size() != 2 || !(axes.isInt() || axes.size() == 2)) {
      throw layer.unsupported("axes", "expected one or two axes, got " + axes);
    }
    int first = axes.isInt() ? axes.intValue() : axes.get(0).asInt(0);
    int second = axes.isInt() ? axes.intValue() : axes.get(1).asInt(0);
    Shape a = graph.shape(inputs.get(0));
    Shape b = graph.shape(inputs.get(1));
    return graph.add(
        layer.name(),
        new TensorOperation.Dot(a.axis(first), b.axis(second), layer.flag("normalize")),
        inputs);
  }

  private static int onlyAxis(KerasLayer layer, Shape shape) throws ImportException {
    JsonNode axis = layer.config().path("axis");
    JsonNode only = axis.isArray() && axis.size() == 1 ? axis.get(0) : axis;
    if (!only.isMissingNode() && !only.isInt()) {
      throw layer.unsupported("axis", "expected one axis, got " + axis);
    }
    return shape.axis(only.asInt(-1));
  }

  private static TensorOperation groupNormalization(
      KerasLayer layer, Shape shape, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    if (shape.axis((int) layer.number("axis", -1)) != shape.rank() - 1) {
      throw layer.unsupported("axis", "expected the last one");
    }
    int width = shape.width();
    int groups = (int) layer.number("groups", 32);
    groups = groups == -1 ? width : groups;
    if (groups < 1 || width % groups != 0) {
      throw layer.unsupported("groups", "do not part %d features".formatted(width));
    }
    boolean isScaled = layer.flag("scale", true);
    float[] scale = isScaled ? numbers.next("", 0, width) : ones(width);
    float[] shift =
        layer.flag("center", true) ? numbers.next("", isScaled ? 1 : 0, width) : new float[width];
    return new TensorOperation.GroupNorm(groups, layer.number("epsilon", 1e-3), scale, shift);
  }

  /** (x - mean) / max(sqrt(variance), 1e-7), or the way back. */
  private static Layer normalization(KerasLayer layer, Shape shape, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    JsonNode axis = layer.config().path("axis");
    JsonNode only = axis.isArray() && axis.size() == 1 ? axis.get(0) : axis;
    boolean isOfAll = axis.isNull() || (axis.isArray() && axis.isEmpty());
    if (!isOfAll && shape.axis(only.asInt(-1)) != shape.rank() - 1) {
      throw layer.unsupported("axis", "expected the last one, got " + axis);
    }
    int width = shape.width();
    float[] mean = given(layer, "mean", width);
    float[] variance = given(layer, "variance", width);
    if (mean == null || variance == null) {
      int size = isOfAll ? 1 : width;
      mean = spread(isOfAll ? numbers.next("", 0) : numbers.next("", 0, size), width);
      variance = spread(isOfAll ? numbers.next("", 1) : numbers.next("", 1, size), width);
    }
    float[] scale = new float[width];
    float[] shift = new float[width];
    for (int j = 0; j < width; j++) {
      double deviation = Math.max(Math.sqrt(variance[j]), 1e-7f);
      boolean isBack = layer.flag("invert");
      scale[j] = (float) (isBack ? deviation : 1 / deviation);
      shift[j] = (float) (isBack ? mean[j] : -mean[j] / deviation);
    }
    return new Layer.Scale(scale, shift);
  }

  private static float @Nullable [] given(KerasLayer layer, String field, int width)
      throws ImportException {
    JsonNode json = layer.config().path(field);
    if (json.isMissingNode() || json.isNull()) {
      return null;
    }
    List<Float> numbers = new ArrayList<>();
    flatten(json, numbers);
    if (numbers.size() != 1 && numbers.size() != width) {
      throw layer.unsupported(field, "has %d numbers for %d".formatted(numbers.size(), width));
    }
    float[] given = new float[numbers.size()];
    for (int i = 0; i < given.length; i++) {
      given[i] = numbers.get(i);
    }
    return spread(given, width);
  }

  private static void flatten(JsonNode json, List<Float> into) {
    if (json.isNumber()) {
      into.add(json.floatValue());
    } else if (json.isObject()) {
      flatten(json.path("config").path("value"), into);
    } else {
      json.forEach(each -> flatten(each, into));
    }
  }

  private static float[] spread(float[] numbers, int width) {
    float[] all = new float[width];
    for (int j = 0; j < width; j++) {
      all[j] = numbers[numbers.length == 1 ? 0 : j];
    }
    return all;
  }

  private static float[] ones(int width) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static Layer rescaling(KerasLayer layer, Shape shape) throws ImportException {
    int width = shape.width();
    float[] scale = given(layer, "scale", width);
    float[] shift = given(layer, "offset", width);
    if (scale == null) {
      throw layer.unsupported("scale", "is missing");
    }
    return new Layer.Scale(scale, shift == null ? new float[width] : shift);
  }

  private static TensorOperation prelu(KerasLayer layer, Shape shape, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    int[] alpha = numbers.nextShape("", 0);
    int width = shape.width();
    boolean isOfFeatures = alpha.length == shape.rank() && alpha[alpha.length - 1] == width;
    for (int axis = 0; axis < alpha.length - 1; axis++) {
      isOfFeatures &= alpha[axis] == 1;
    }
    if (!isOfFeatures) {
      throw layer.unsupported(
          "alpha", "differs from step to step; share its axes: shared_axes=[1]");
    }
    return new TensorOperation.Prelu(numbers.next("", 0, alpha));
  }

  static void requireLast(KerasLayer layer) throws ImportException {
    String format = layer.config().path("data_format").asString(LAST);
    if (!format.equals(LAST)) {
      throw layer.unsupported("data_format", "expected %s, got %s".formatted(LAST, format));
    }
  }

  /** A number, or the only one of a list. */
  static int number(KerasLayer layer, String field, int otherwise) throws ImportException {
    JsonNode value = layer.config().path(field);
    JsonNode only = value.isArray() && value.size() == 1 ? value.get(0) : value;
    if (only.isMissingNode() && otherwise > 0) {
      return otherwise;
    }
    if (!only.isInt() || only.intValue() < 1) {
      throw layer.unsupported(field, "is %s, not a whole number from 1".formatted(value));
    }
    return only.intValue();
  }

  private static int[] pair(KerasLayer layer, String field) throws ImportException {
    JsonNode value = layer.config().path(field);
    int first = value.isArray() ? value.path(0).asInt(-1) : value.asInt(-1);
    int second = value.isArray() ? value.path(1).asInt(-1) : first;
    if (first < 0 || second < 0) {
      throw layer.unsupported(field, "is %s, not two whole numbers".formatted(value));
    }
    return new int[] {first, second};
  }

  private static List<Integer> numbers(KerasLayer layer, String field) throws ImportException {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode each : layer.config().path(field)) {
      if (!each.isInt()) {
        throw layer.unsupported(field, "has %s, not a whole number".formatted(each));
      }
      numbers.add(each.intValue());
    }
    if (numbers.isEmpty()) {
      throw layer.unsupported(field, "is missing");
    }
    return numbers;
  }

  /** The dimension that an input's size of the configuration is. */
  static Dimension dimension(JsonNode size, Dimension open) {
    return size.isInt() ? Dimension.of(size.intValue()) : open;
  }
}
