package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.Window;
import java.io.IOException;
import java.util.List;

/** Adds convolutions over the steps to a graph. */
final class KerasConvolutions {

  private final KerasVersion version;
  private final GraphBuilder graph;

  KerasConvolutions(KerasVersion version, GraphBuilder graph) {
    this.version = version;
    this.graph = graph;
  }

  String plain(KerasLayer layer, KerasWeights.OfLayer numbers, String x)
      throws IOException, ImportException {
    KerasTensorLayers.requireLast(layer);
    int filters = layer.size("filters");
    int groups = (int) layer.number("groups", 1);
    Window window = window(layer);
    int[] shape = numbers.nextShape("", 0);
    if (shape.length != 3 || shape[0] != window.size() || shape[2] != filters || groups < 1) {
      throw layer.unsupported("kernel", "does not fit kernel_size and filters");
    }
    float[] kernel = numbers.next("", 0, shape);
    float[] bias = layer.flag("use_bias", true) ? numbers.next("", 1, filters) : new float[filters];
    int inputs = Math.multiplyExact(shape[1], groups);
    String sums =
        graph.add(
            layer.name(),
            new TensorOperation.Conv1d(window, inputs, filters, groups, kernel, bias),
            List.of(x));
    return activate(layer, sums, filters);
  }

  /** Each feature alone; of a separable one, then a mixture of them at each step. */
  String depthwise(KerasLayer layer, KerasWeights.OfLayer numbers, String x)
      throws IOException, ImportException {
    KerasTensorLayers.requireLast(layer);
    boolean isSeparable = layer.className().equals("SeparableConv1D");
    Window window = window(layer);
    int[] shape = numbers.nextShape("", 0);
    if (shape.length != 3 || shape[0] != window.size()) {
      throw layer.unsupported("depthwise_kernel", "does not fit kernel_size");
    }
    int inputs = shape[1];
    int between = Math.multiplyExact(inputs, shape[2]);
    float[] kernel = numbers.next("", 0, shape);
    boolean hasBias = layer.flag("use_bias", true);
    float[] none = new float[between];
    float[] mixture = isSeparable ? numbers.next("", 1, 1, between, layer.size("filters")) : none;
    int outputs = isSeparable ? layer.size("filters") : between;
    float[] bias = hasBias ? numbers.next("", isSeparable ? 2 : 1, outputs) : new float[outputs];
    String sums =
        graph.add(
            layer.name(),
            new TensorOperation.Conv1d(
                window, inputs, between, inputs, kernel, isSeparable ? none : bias),
            List.of(x));
    if (isSeparable) {
      sums =
          graph.add(
              layer.name() + "_pointwise",
              new Layer.Dense(between, outputs, Activation.LINEAR, mixture, bias),
              List.of(sums));
    }
    return activate(layer, sums, outputs);
  }

  private String activate(KerasLayer layer, String sums, int width) throws ImportException {
    Activation activation = KerasActivations.of(layer, "activation", version, Activation.LINEAR);
    return activation.equals(Activation.LINEAR)
        ? sums
        : graph.add(
            layer.name() + "_activation", new Layer.Activate(width, activation), List.of(sums));
  }

  private static Window window(KerasLayer layer) throws ImportException {
    return window(
        layer,
        KerasTensorLayers.number(layer, "kernel_size", 0),
        KerasTensorLayers.number(layer, "strides", 1),
        true);
  }

  static Window window(KerasLayer layer, int size, int stride, boolean isDilated)
      throws ImportException {
    int dilation = isDilated ? KerasTensorLayers.number(layer, "dilation_rate", 1) : 1;
    String padding = layer.config().path("padding").asString("valid");
    return switch (padding) {
      case "valid" -> Window.valid(size, stride, dilation);
      case "same" -> new Window(size, stride, dilation, Window.Padding.SAME, 0, 0);
      case "causal" -> new Window(size, stride, dilation, Window.Padding.CAUSAL, 0, 0);
      default -> throw layer.unsupported("padding", "is '%s'".formatted(padding));
    };
  }
}
