package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.keras.KerasCall.Tensor;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.ShapeOperation;
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

  /** Besides recurrent layers. */
  private static final Set<String> SEES_MASKS =
      Set.of("GlobalAveragePooling1D", "Softmax", "Attention", "AdditiveAttention");

  /** They work on all steps, masked or not, and give what has no mask. */
  private static final Set<String> IGNORES_MASKS =
      Set.of("GlobalMaxPooling1D", "Cropping1D", "GroupNormalization");

  private final KerasWeights weights;
  private final KerasRecurrentLayers recurrent;
  private final KerasTensorLayers tensorLayers;
  private final KerasOperations operations;
  private final GraphBuilder graph;

  /** Layers that are used again, as they were read first. */
  private final Map<String, List<Operation>> read = new HashMap<>();

  private KerasGraphReader(KerasVersion version, KerasWeights weights, GraphBuilder graph) {
    this.weights = weights;
    this.recurrent = new KerasRecurrentLayers(version);
    this.graph = graph;
    this.tensorLayers = new KerasTensorLayers(version, graph);
    this.operations = new KerasOperations(graph);
  }

  /**
   * Reads a model.
   *
   * @param inputs as the network shall describe them, in the order of the scope's
   * @throws InconsistentModelException if shapes do not fit each other
   */
  static Network read(
      KerasScope scope,
      List<Signature.Input> inputs,
      KerasVersion version,
      KerasWeights weights,
      @Nullable Boolean returnSequences)
      throws IOException, ImportException {
    GraphBuilder graph = new GraphBuilder("keras", inputs);
    KerasGraphReader reader = new KerasGraphReader(version, weights, graph);
    List<String> given = inputs.stream().map(Signature.Input::name).toList();
    List<String> results = reader.new Walk(scope, false).outputs(given);
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
    if (Boolean.TRUE.equals(returnSequences) && !hasSequence) {
      throw ImportException.config(
          "/config/return_sequences", "is true, but the model answers once for all steps");
    }
    boolean sequences = hasSequence && !Boolean.FALSE.equals(returnSequences);
    return graph.build(outputs, new Signature.Unroll(sequences, Summary.LAST_STEP));
  }

  /** One model, or a model inside it, whose layers are read as they are asked for. */
  private final class Walk {

    private final KerasScope scope;
    private final boolean isInner;
    private final Map<Tensor, String> values = new HashMap<>();
    private final Set<Tensor> pending = new HashSet<>();

    Walk(KerasScope scope, boolean isInner) {
      this.scope = scope;
      this.isInner = isInner;
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
        return new Walk(inner, true).outputs(inputs);
      }
      checkMask(call, inputs);
      unmask(call, inputs);
      if (layer.isOperation()) {
        return operations.apply(call, inputs);
      }
      boolean isAttention = KerasAttentionLayers.CLASSES.contains(layer.className());
      if (!call.constants().isEmpty() || !(call.options().isEmpty() || isAttention)) {
        throw layer.unsupported(
            "", "takes %s %s besides its inputs".formatted(call.constants(), call.options()));
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

    /** Takes masks off what a layer takes where Keras does not let it see them. */
    private void unmask(KerasCall call, List<String> inputs) throws ImportException {
      String className = call.layer().className();
      boolean isRecurrent = KerasRecurrentLayers.isRecurrent(call.layer());
      boolean seesMasks = isRecurrent || SEES_MASKS.contains(className);
      // Keras 3 writes the masks of a model's own layers; of those inside another it finds out.
      boolean isUnsaid = call.arguments().isArray() && !call.named().containsKey("mask");
      boolean hasStates = isRecurrent && call.named().containsKey("initial_state");
      boolean isMasked = inputs.stream().anyMatch(input -> graph.shape(input).mask() != null);
      if (isInner && isUnsaid && hasStates && isMasked) {
        throw call.layer()
            .unsupported(
                "initial_state",
                "of masked steps in a model inside the model; put its layers here");
      }
      boolean isSaid = !isUnsaid || (isInner && !hasStates);
      if (IGNORES_MASKS.contains(className) || (seesMasks && !isSaid)) {
        inputs.replaceAll(operations::unmasked);
      }
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
      String output = made.returnSequences() ? name : name + ":" + Layer.Recurrent.FINAL;
      List<String> outputs = new ArrayList<>();
      if (KerasRecurrentLayers.isUnmerged(layer)) {
        outputs.addAll(apart(layer, output, made.layers().get(0)));
      } else {
        outputs.add(output);
      }
      KerasLayer inner =
          layer.className().equals("Bidirectional") ? layer.inner("layer", "layer") : layer;
      if (inner.flag("return_state")) {
        outputs.addAll(states);
      }
      return outputs;
    }

    /** What each direction gives, of both side by side. */
    private List<String> apart(KerasLayer layer, String both, Layer.Recurrent made) {
      int axis = graph.shape(both).rank() - 1;
      int width = made.cells().get(0).outputSize();
      return List.of(
          graph.add(
              layer.name() + "_forward",
              new ShapeOperation.Slice(axis, 0, width, false),
              List.of(both)),
          graph.add(
              layer.name() + "_backward",
              new ShapeOperation.Slice(axis, width, null, false),
              List.of(both)));
    }

    /** A layer that is used twice has its numbers once. */
    private Operation again(
        KerasLayer layer, KerasRecurrentLayers.Read made, Layer.Recurrent each) {
      int index = made.layers().indexOf(each);
      return read.computeIfAbsent(layer.name(), name -> new ArrayList<>(made.layers())).get(index);
    }
  }
}
