package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.forward.Flow;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes the layers of a network, one after the other, into ours. */
final class Dl4jNetwork {

  private final Dl4jParameters parameters;
  private final Flow flow = new Flow();

  private Dl4jNetwork(Dl4jParameters parameters) {
    this.parameters = parameters;
  }

  /**
   * Reads a network.
   *
   * @param returnSequences in place of what the network does
   */
  static Network read(
      JsonNode configuration, Dl4jParameters parameters, @Nullable Boolean returnSequences)
      throws IOException, ImportException {
    Dl4jNetwork network = new Dl4jNetwork(parameters);
    List<Dl4jLayer> layers =
        configuration.has("vertices")
            ? Dl4jGraph.path(configuration)
            : Dl4jGraph.layers(configuration);
    for (Dl4jLayer layer : layers) {
      network.readLayer(layer);
    }
    parameters.end();
    if (!network.flow.hasRecurrent()) {
      throw ImportException.unsupported("configuration.json", "has no recurrent layer");
    }
    return network.flow.network(
        "dl4j",
        returnSequences == null ? network.flow.isSequence() : returnSequences,
        Summary.LAST_STEP);
  }

  private void readLayer(Dl4jLayer layer) throws IOException, ImportException {
    switch (layer.kind()) {
      case "LSTM", "GravesLSTM", "SimpleRnn", "Bidirectional", "GravesBidirectionalLSTM" ->
          readRecurrent(layer);
      case "LastTimeStep" -> {
        readRecurrent(layer.inner("underlying"));
        flow.addLast();
      }
      case "LastTimeStepVertex" -> {
        requireSteps(layer);
        flow.addLast();
      }
      case "EmbeddingSequenceLayer" -> readEmbedding(layer);
      case "DenseLayer", "OutputLayer", "RnnOutputLayer" -> readDense(layer);
      case "ActivationLayer", "RnnLossLayer", "LossLayer" ->
          readActivation(layer, layer.activation("activationFn"));
      case "DropoutLayer", "PreprocessorVertex" -> {}
      case "GlobalPoolingLayer",
          "Convolution1DLayer",
          "Convolution1D",
          "Subsampling1DLayer",
          "ZeroPadding1DLayer",
          "Cropping1D",
          "RepeatVector" ->
          readOfSteps(layer);
      case "MaskZeroLayer" ->
          throw layer.unsupported(
              "is not supported: in Deeplearning4j it forgets the state, here steps are left out;"
                  + " serve the underlying layer and give lengths");
      default -> throw layer.unsupported("is not supported");
    }
  }

  private void requireSteps(Dl4jLayer layer) throws ImportException {
    if (!flow.isEmpty() && !flow.isSequence()) {
      throw layer.unsupported("comes after a layer that gives the last step only");
    }
  }

  private void readOfSteps(Dl4jLayer layer) throws IOException, ImportException {
    if (!layer.kind().equals("RepeatVector")) {
      requireSteps(layer);
    }
    Dl4jStepLayers read = new Dl4jStepLayers(layer, parameters);
    if (flow.isEmpty()) {
      add(layer, layer.size("nin"), read.operation());
    } else {
      flow.add(read.operation());
    }
    if (read.hasActivation()) {
      flow.activate(layer.activation("activationFn"));
    }
  }

  private void add(Dl4jLayer layer, int takes, Operation operation) throws ImportException {
    if (flow.isEmpty()) {
      flow.begin(takes, OptionalInt.empty());
    } else if (flow.width() != takes) {
      throw layer.unsupported("takes %d features, gets %d".formatted(takes, flow.width()));
    }
    flow.add(operation);
  }

  private void readRecurrent(Dl4jLayer layer) throws IOException, ImportException {
    requireSteps(layer);
    switch (layer.kind()) {
      case "LSTM", "GravesLSTM", "SimpleRnn" -> add(layer, Layer.Recurrent.of(readCell(layer)));
      case "GravesBidirectionalLSTM" ->
          bidirectional(
              layer,
              Dl4jCells.read(layer, parameters, true),
              Dl4jCells.read(layer, parameters, true),
              Merge.SUM);
      case "Bidirectional" ->
          bidirectional(
              layer, readCell(layer.inner("fwd")), readCell(layer.inner("bwd")), merge(layer));
      default -> throw layer.unsupported("is not supported");
    }
  }

  private void bidirectional(Dl4jLayer layer, Cell forward, Cell backward, Merge merge)
      throws ImportException {
    add(layer, new Layer.Recurrent(forward, backward, merge, false, false));
  }

  private void add(Dl4jLayer layer, Layer made) throws ImportException {
    add(layer, made.inputSize(), made);
  }

  private Cell readCell(Dl4jLayer layer) throws IOException, ImportException {
    return switch (layer.kind()) {
      case "LSTM" -> Dl4jCells.read(layer, parameters, false);
      case "GravesLSTM" -> Dl4jCells.read(layer, parameters, true);
      case "SimpleRnn" -> Dl4jCells.readSimple(layer, parameters);
      default -> throw layer.unsupported("is not supported");
    };
  }

  private static Merge merge(Dl4jLayer layer) throws ImportException {
    String mode = layer.json().path("mode").asString("");
    Merge merge =
        Map.of("CONCAT", Merge.CONCAT, "ADD", Merge.SUM, "MUL", Merge.MUL, "AVERAGE", Merge.AVE)
            .get(mode);
    if (merge == null) {
      throw layer.unsupported("mode '%s' is not supported".formatted(mode));
    }
    return merge;
  }

  private void readEmbedding(Dl4jLayer layer) throws IOException, ImportException {
    if (!flow.isEmpty()) {
      throw layer.unsupported("is not the first layer");
    }
    int vocabulary = layer.size("nin");
    int size = layer.size("nout");
    float[] table = matrix(layer, vocabulary, size);
    if (layer.flag("hasBias")) {
      float[] bias = parameters.next(layer.name(), size);
      for (int i = 0; i < table.length; i++) {
        table[i] += bias[i % size];
      }
    }
    flow.begin(1, OptionalInt.of(vocabulary));
    flow.add(new Layer.Embedding(vocabulary, size, false, table));
    readActivation(layer, layer.activation("activationFn"));
  }

  private void readDense(Dl4jLayer layer) throws IOException, ImportException {
    if (layer.flag("hasLayerNorm")) {
      throw layer.unsupported("hasLayerNorm is not supported");
    }
    int inputs = layer.size("nin");
    int outputs = layer.size("nout");
    boolean hasBias = layer.json().path("hasBias").asBoolean(true);
    float[] kernel = matrix(layer, inputs, outputs);
    add(
        layer,
        new Layer.Dense(
            inputs,
            outputs,
            layer.activation("activationFn"),
            kernel,
            hasBias ? parameters.next(layer.name(), outputs) : new float[outputs]));
  }

  /** [rows, columns], which lies in the file as [columns, rows]. */
  private float[] matrix(Dl4jLayer layer, int rows, int columns)
      throws IOException, ImportException {
    float[] stored = parameters.next(layer.name(), (long) rows * columns);
    return GateBlocks.transpose(stored, /* rows= */ columns, /* columns= */ rows);
  }

  private void readActivation(Dl4jLayer layer, Activation activation) throws ImportException {
    if (activation.equals(Activation.LINEAR)) {
      return;
    }
    if (flow.isEmpty()) {
      throw layer.unsupported("has no layer before it");
    }
    flow.activate(activation);
  }
}
