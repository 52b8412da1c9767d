package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.TensorOperation;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Adds the attention layers to a graph. Their inputs come in Keras' order: query, value, key. */
final class KerasAttentionLayers {

  static final Set<String> CLASSES = Set.of("Attention", "AdditiveAttention", "MultiHeadAttention");

  private final GraphBuilder graph;

  KerasAttentionLayers(GraphBuilder graph) {
    this.graph = graph;
  }

  String apply(KerasCall call, List<String> inputs, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    KerasLayer layer = call.layer();
    if (inputs.size() < 2 || inputs.size() > 3) {
      throw layer.unsupported("", "takes query and value, and maybe a key");
    }
    for (Map.Entry<String, JsonNode> option : call.options().entrySet()) {
      boolean isCausal = option.getKey().equals("use_causal_mask") && option.getValue().isBoolean();
      if (!isCausal) {
        throw layer.unsupported(option.getKey(), "is %s".formatted(option.getValue()));
      }
    }
    boolean isCausal = layer.flag("causal") || call.options().containsKey("use_causal_mask");
    String query = inputs.get(0);
    String value = inputs.get(1);
    String key = inputs.size() > 2 ? inputs.get(2) : value;
    return switch (layer.className()) {
      case "Attention" -> {
        if (!layer.config().path("score_mode").asString("dot").equals("dot")) {
          throw layer.unsupported("score_mode", "expected dot");
        }
        float scale = layer.flag("use_scale") ? numbers.next("", 0)[0] : 1;
        yield graph.add(
            layer.name(),
            new TensorOperation.Attend(1, scale, isCausal),
            List.of(query, key, value));
      }
      case "AdditiveAttention" -> {
        int width = graph.shape(query).width();
        float[] ones = new float[width];
        Arrays.fill(ones, 1);
        float[] scale = layer.flag("use_scale", true) ? numbers.next("", 0, width) : ones;
        yield graph.add(
            layer.name(),
            new TensorOperation.AdditiveAttend(scale, isCausal),
            List.of(query, key, value));
      }
      default -> multiHead(layer, List.of(query, key, value), isCausal, numbers);
    };
  }

  private String multiHead(
      KerasLayer layer, List<String> inputs, boolean isCausal, KerasWeights.OfLayer numbers)
      throws IOException, ImportException {
    JsonNode slides = layer.config().path("sliding_window");
    if (layer.flag("use_gate") || slides.isInt()) {
      throw layer.unsupported("", "with a gate or a sliding window is not supported");
    }
    int heads = layer.size("num_heads");
    int keySize = layer.size("key_dim");
    boolean isOwnValue = layer.config().path("value_dim").isInt();
    int valueSize = isOwnValue ? layer.size("value_dim") : keySize;
    String query = project(layer, "query", inputs.get(0), numbers, heads * keySize);
    String key = project(layer, "key", inputs.get(1), numbers, heads * keySize);
    String value = project(layer, "value", inputs.get(2), numbers, heads * valueSize);
    float scale = (float) (1 / Math.sqrt(keySize));
    String weighed =
        graph.add(
            layer.name() + "_attention",
            new TensorOperation.Attend(heads, scale, isCausal),
            List.of(query, key, value));
    int[] shape = numbers.nextShape("output_dense", 0);
    int outputs = shape[shape.length - 1];
    return dense(layer.name(), layer, "output_dense", weighed, numbers, shape, outputs);
  }

  private String project(
      KerasLayer layer, String role, String input, KerasWeights.OfLayer numbers, int outputs)
      throws IOException, ImportException {
    String part = role + "_dense";
    int[] shape = numbers.nextShape(part, 0);
    return dense(layer.name() + "_" + role, layer, part, input, numbers, shape, outputs);
  }

  /** A kernel [inputs, heads, size] or [heads, size, outputs] as one matrix: the same numbers. */
  private String dense(
      String name,
      KerasLayer layer,
      String part,
      String input,
      KerasWeights.OfLayer numbers,
      int[] shape,
      int outputs)
      throws IOException, ImportException {
    float[] kernel = numbers.next(part, 0, shape);
    int inputs = outputs == 0 ? 0 : kernel.length / outputs;
    float[] bias = new float[outputs];
    if (layer.flag("use_bias", true)) {
      bias = numbers.next(part, 1, numbers.nextShape(part, 1));
    }
    return graph.add(
        name, new Layer.Dense(inputs, outputs, Activation.LINEAR, kernel, bias), List.of(input));
  }
}
