package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes the layers of a MultiLayerNetwork, one after the other, into ours. */
final class Dl4jNetwork {

  private final Dl4jParameters parameters;
  private final List<Layer> made = new ArrayList<>();

  /** Whether the next layer takes sequences, and not one vector each. */
  private boolean sequences = true;

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
    if (configuration.has("vertices")) {
      throw ImportException.unsupported(
          "configuration.json", "is that of a ComputationGraph; save a MultiLayerNetwork");
    }
    Dl4jNetwork network = new Dl4jNetwork(parameters);
    int index = 0;
    for (JsonNode conf : configuration.path("confs")) {
      network.readPreprocessor(configuration.path("inputPreProcessors"), index);
      network.readLayer(Dl4jLayer.of(conf.path("layer"), index++));
    }
    parameters.end();
    if (network.made.stream().noneMatch(Layer.Recurrent.class::isInstance)) {
      throw ImportException.unsupported("configuration.json", "has no recurrent layer");
    }
    return Network.chain(
        "dl4j",
        network.made,
        returnSequences == null ? network.sequences : returnSequences,
        Summary.LAST_STEP);
  }

  /** Some only move the steps into the batch, which changes no number. */
  private void readPreprocessor(JsonNode preprocessors, int index) throws ImportException {
    JsonNode preprocessor = preprocessors.path(String.valueOf(index));
    String kind = preprocessor.path("@class").asString("").replaceAll(".*\\.", "");
    if (!preprocessor.isMissingNode()
        && !kind.equals("RnnToFeedForwardPreProcessor")
        && !kind.equals("FeedForwardToRnnPreProcessor")) {
      throw ImportException.unsupported(
          "inputPreProcessors of layer " + index, "%s is not supported".formatted(preprocessor));
    }
  }

  private void readLayer(Dl4jLayer layer) throws IOException, ImportException {
    int before = made.size();
    switch (layer.kind()) {
      case "LSTM", "GravesLSTM", "SimpleRnn", "Bidirectional", "GravesBidirectionalLSTM" ->
          readRecurrent(layer);
      case "LastTimeStep" -> {
        readRecurrent(layer.inner("underlying"));
        sequences = false;
      }
      case "EmbeddingSequenceLayer" -> readEmbedding(layer);
      case "DenseLayer", "OutputLayer", "RnnOutputLayer" -> readDense(layer);
      case "ActivationLayer", "RnnLossLayer", "LossLayer" ->
          readActivation(layer, layer.activation("activationFn"));
      case "DropoutLayer" -> {}
      case "MaskZeroLayer" ->
          throw layer.unsupported(
              "is not supported: in Deeplearning4j it forgets the state, here steps are left out;"
                  + " serve the underlying layer and give lengths");
      default -> throw layer.unsupported("is not supported");
    }
    if (before > 0 && made.size() > before) {
      int gets = made.get(before - 1).outputSize();
      int takes = made.get(before).inputSize();
      if (takes != gets) {
        throw layer.unsupported("takes %d features, gets %d".formatted(takes, gets));
      }
    }
  }

  private void readRecurrent(Dl4jLayer layer) throws IOException, ImportException {
    if (!sequences) {
      throw layer.unsupported("comes after a layer that gives the last step only");
    }
    switch (layer.kind()) {
      case "LSTM", "GravesLSTM", "SimpleRnn" -> made.add(Layer.Recurrent.of(readCell(layer)));
      case "GravesBidirectionalLSTM" ->
          bidirectional(
              Dl4jCells.read(layer, parameters, true),
              Dl4jCells.read(layer, parameters, true),
              Merge.SUM);
      case "Bidirectional" ->
          bidirectional(readCell(layer.inner("fwd")), readCell(layer.inner("bwd")), merge(layer));
      default -> throw layer.unsupported("is not supported");
    }
  }

  private void bidirectional(Cell forward, Cell backward, Merge merge) {
    made.add(new Layer.Recurrent(forward, backward, merge, false, false));
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
    if (!made.isEmpty()) {
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
    made.add(new Layer.Embedding(vocabulary, size, false, table));
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
    made.add(
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
    if (made.isEmpty()) {
      throw layer.unsupported("has no layer before it");
    }
    int width = made.get(made.size() - 1).outputSize();
    made.add(new Layer.Activate(width, activation));
  }
}
