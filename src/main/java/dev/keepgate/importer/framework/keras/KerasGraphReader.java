package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.keras.KerasCall.Tensor;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a model whose layers are joined as a graph into ours, models inside it and all. */
final class KerasGraphReader {

  private final KerasWeights weights;
  private final KerasRecurrentLayers recurrent;
  private final KerasTensorLayers tensorLayers;
  private final GraphBuilder graph;

  /** Layers that are used again, as they were read first. */
  private final Map<String, List<Operation>> read = new HashMap<>();

  private KerasGraphReader(KerasVersion version, KerasWeights weights, GraphBuilder graph) {
    this.weights = weights;
    this.recurrent = new KerasRecurrentLayers(version);
    this.graph = graph;
    this.tensorLayers = new KerasTensorLayers(version, graph);
  }

  /**
   * Reads a model.
   *
   * @param inputs as the network shall describe them, in the order of the scope's
   * @throws InconsistentModelException if shapes do not fit each other
   */
  static Network read(
      KerasScope scope, List<Signature.Input> inputs, KerasVersion version, KerasWeights weights)
      throws IOException, ImportException {
    GraphBuilder graph = new GraphBuilder("keras", inputs);
    KerasGraphReader reader = new KerasGraphReader(version, weights, graph);
    List<String> given = inputs.stream().map(Signature.Input::name).toList();
    List<String> results = reader.new Walk(scope).outputs(given);
    Map<String, String> outputs = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); i++) {
      String layer = scope.outputs().get(i).layer();
      String name = results.size() == 1 ? Network.OUTPUT : layer;
      for (int n = 1; outputs.containsKey(name); n++) {
        name = layer + "_" + n;
      }
      outputs.put(name, results.get(i));
    }
    boolean hasSequence = results.stream().anyMatch(result -> graph.shape(result).isSequence());
    return graph.build(outputs, new Signature.Unroll(hasSequence, Summary.LAST_STEP));
  }

  /** One model, or a model inside it, whose layers are read as they are asked for. */
  private final class Walk {

    private final KerasScope scope;
    private final Map<Tensor, String> values = new HashMap<>();
    private final Set<Tensor> pending = new HashSet<>();

    Walk(KerasScope scope) {
      this.scope = scope;
    }

    /** What the model gives for what it is given. */
    List<String> outputs(List<String> inputs) throws IOException, ImportException {
      if (inputs.size() != scope.inputs().size()) {
        throw ImportException.malformed(
            "a model of %d inputs is given %d".formatted(scope.inputs().size(), inputs.size()));
      }
      for (int i = 0; i < inputs.size(); i++) {
        values.put(scope.inputs().get(i), inputs.get(i));
      }
      List<String> outputs = new ArrayList<>();
      for (Tensor output : scope.outputs()) {
        outputs.add(value(output));
      }
      return outputs;
    }

    private String value(Tensor tensor) throws IOException, ImportException {
      String known = values.get(tensor);
      if (known != null) {
        return known;
      }
      List<KerasCall> calls = scope.calls().getOrDefault(tensor.layer(), List.of());
      if (tensor.call() < 0 || tensor.call() >= calls.size()) {
        throw ImportException.malformed("'%s' is no layer's output".formatted(tensor));
      }
      if (!pending.add(new Tensor(tensor.layer(), tensor.call(), 0))) {
        throw ImportException.malformed("layer '%s' feeds itself".formatted(tensor.layer()));
      }
      List<String> outputs = apply(calls.get(tensor.call()));
      for (int i = 0; i < outputs.size(); i++) {
        values.put(new Tensor(tensor.layer(), tensor.call(), i), outputs.get(i));
      }
      String value = values.get(tensor);
      if (value == null) {
        throw ImportException.malformed(
            "layer '%s' gives %d tensors, not %d"
                .formatted(tensor.layer(), outputs.size(), tensor.index() + 1));
      }
      return value;
    }

    private List<String> apply(KerasCall call) throws IOException, ImportException {
      List<String> inputs = new ArrayList<>();
      for (Tensor input : call.inputs()) {
        inputs.add(value(input));
      }
      KerasLayer layer = call.layer();
      if (KerasArchitecture.MODELS.contains(layer.className())) {
        KerasScope inner =
            KerasScope.of(KerasArchitecture.asModel(layer), layer.name(), layer.path());
        return new Walk(inner).outputs(inputs);
      }
      checkMask(call, inputs);
      if (!call.constants().isEmpty() && !layer.className().equals("GetItem")) {
        throw layer.unsupported("", "takes %s besides its inputs".formatted(call.constants()));
      }
      if (KerasStepLayers.isIdentity(layer)) {
        return inputs;
      }
      if (KerasRecurrentLayers.isRecurrent(layer)) {
        return recurrent(call, inputs);
      }
      for (String name : call.named().keySet()) {
        if (!name.equals("mask")) {
          throw layer.unsupported(name, "comes from elsewhere in the graph");
        }
      }
      return List.of(tensorLayers.apply(call, inputs, weights));
    }

    /** Every mask must be the one that the layer's own input carries. */
    private void checkMask(KerasCall call, List<String> inputs)
        throws IOException, ImportException {
      for (Tensor mask : call.named().getOrDefault("mask", List.of())) {
        String source = maskSource(mask, 0);
        boolean isCarried =
            source != null
                && inputs.stream().anyMatch(input -> source.equals(graph.shape(input).mask()));
        if (!isCarried) {
          throw call.layer()
              .unsupported(
                  "mask",
                  "is computed by '%s', not by an Embedding or Masking before it"
                      .formatted(mask.layer()));
        }
      }
    }

    /** The node whose mask an operation of the graph computes: NotEqual, and Any of that. */
    private @Nullable String maskSource(Tensor mask, int depth)
        throws IOException, ImportException {
      List<KerasCall> calls = scope.calls().getOrDefault(mask.layer(), List.of());
      if (mask.call() >= calls.size() || depth > 1) {
        return null;
      }
      KerasCall call = calls.get(mask.call());
      return switch (call.layer().className()) {
        case "Any" -> call.inputs().isEmpty() ? null : maskSource(call.inputs().get(0), depth + 1);
        case "NotEqual" -> masker(call);
        default -> null;
      };
    }

    /** The Embedding or Masking that takes the same input, and means the same number. */
    private @Nullable String masker(KerasCall notEqual) throws IOException, ImportException {
      for (Map.Entry<String, List<KerasCall>> calls : scope.calls().entrySet()) {
        for (int i = 0; i < calls.getValue().size(); i++) {
          KerasCall call = calls.getValue().get(i);
          KerasLayer layer = call.layer();
          boolean isEmbedding = layer.className().equals("Embedding") && layer.flag("mask_zero");
          boolean isMasking = layer.className().equals("Masking");
          float masked = isMasking ? layer.number("mask_value", 0) : 0;
          if ((isEmbedding || isMasking)
              && call.inputs().equals(notEqual.inputs())
              && notEqual.constants().size() == 1
              && notEqual.constants().get(0).isNumber()
              && notEqual.constants().get(0).floatValue() == masked) {
            return value(new Tensor(calls.getKey(), i, 0));
          }
        }
      }
      return null;
    }

    private List<String> recurrent(KerasCall call, List<String> inputs)
        throws IOException, ImportException {
      KerasLayer layer = call.layer();
      List<String> below = new ArrayList<>(inputs);
      for (Tensor state : call.named().getOrDefault("initial_state", List.of())) {
        below.add(value(state));
      }
      boolean isMasked = graph.shape(below.get(0)).mask() != null;
      KerasRecurrentLayers.Read made = recurrent.read(layer, weights.of(layer), isMasked);
      if (made.layers().size() > 1 && below.size() > 1) {
        throw layer.unsupported("initial_state", "of stacked cells is not supported");
      }
      String name = below.get(0);
      List<String> states = new ArrayList<>();
      for (Layer.Recurrent each : made.layers()) {
        below.set(0, name);
        name = graph.add(layer.name(), again(layer, made, each), below);
        String node = name;
        each.slots().forEach(slot -> states.add(node + ":" + slot.name()));
      }
      List<String> outputs = new ArrayList<>();
      outputs.add(made.returnSequences() ? name : name + ":" + Layer.Recurrent.FINAL);
      KerasLayer inner =
          layer.className().equals("Bidirectional") ? layer.inner("layer", "layer") : layer;
      if (inner.flag("return_state")) {
        outputs.addAll(states);
      }
      return outputs;
    }

    /** A layer that is used twice has its numbers once. */
    private Operation again(
        KerasLayer layer, KerasRecurrentLayers.Read made, Layer.Recurrent each) {
      int index = made.layers().indexOf(each);
      return read.computeIfAbsent(layer.name(), name -> new ArrayList<>(made.layers())).get(index);
    }
  }
}
