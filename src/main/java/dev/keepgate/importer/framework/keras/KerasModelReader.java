package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes Keras' layers, one after the other, into ours. */
final class KerasModelReader {

  private static final int SEQUENCE_RANK = 3;

  private static final Set<String> OTHERS =
      Set.of("InputLayer", "Embedding", "TimeDistributed", "NotEqual", "Any");

  private final KerasWeights weights;
  private final KerasRecurrentLayers recurrent;
  private final KerasStepLayers steps;
  private final List<Layer> made = new ArrayList<>();

  /** Features of what the next layer takes; 0 where it is not known. */
  private int width;

  /** Whether the next layer takes sequences, and not one vector each. */
  private boolean sequences = true;

  /** Whether some steps of those sequences may not count. */
  private boolean masked;

  KerasModelReader(KerasVersion version, KerasWeights weights) {
    this.weights = weights;
    this.recurrent = new KerasRecurrentLayers(version);
    this.steps = new KerasStepLayers(version);
  }

  /** Whether a layer may be part of a chain. */
  static boolean isOfChains(KerasLayer layer) {
    if (KerasRecurrentLayers.isUnmerged(layer) || KerasActivations.isGatedUnit(layer)) {
      return false;
    }
    return KerasStepLayers.isIdentity(layer)
        || KerasStepLayers.CLASSES.contains(layer.className())
        || KerasRecurrentLayers.isRecurrent(layer)
        || OTHERS.contains(layer.className());
  }

  /**
   * Reads the model.
   *
   * @param layers from the input to the output
   * @param returnSequences in place of what the last recurrent layer says
   */
  Network read(List<KerasLayer> layers, @Nullable Boolean returnSequences)
      throws IOException, ImportException {
    for (KerasLayer layer : layers) {
      readInputShape(layer);
      int before = made.size();
      readLayer(layer);
      masked |= layer.className().equals("Masking") || layer.flag("mask_zero");
      if (made.size() > before) {
        checkWidth(layer, before);
      }
    }
    if (made.stream().noneMatch(Layer.Recurrent.class::isInstance)) {
      throw ImportException.unsupported(
          "layers",
          "no recurrent layer is among " + layers.stream().map(KerasLayer::className).toList());
    }
    // Of a model that answers every step the last one is asked for, and no layer's final state.
    return Network.chain(
        "keras",
        made,
        returnSequences == null ? sequences : returnSequences,
        sequences ? Summary.LAST_STEP : Summary.FINAL_STATE);
  }

  /** The input's width, from the input layer, or from the first layer where Keras 2 has none. */
  private void readInputShape(KerasLayer layer) throws ImportException {
    if (!made.isEmpty() || width > 0) {
      return;
    }
    JsonNode shape = layer.config().path("batch_shape");
    if (!shape.isArray()) {
      shape = layer.config().path("batch_input_shape");
    }
    if (shape.size() == SEQUENCE_RANK && shape.get(SEQUENCE_RANK - 1).isInt()) {
      width = shape.get(SEQUENCE_RANK - 1).intValue();
    } else if (shape.isArray() && shape.size() > SEQUENCE_RANK) {
      throw layer.unsupported("batch_shape", "expected [batch, time, features], got " + shape);
    }
  }

  private void checkWidth(KerasLayer layer, int first) throws ImportException {
    int takes = made.get(first).inputSize();
    boolean isEmbedding = made.get(first) instanceof Layer.Embedding;
    if (!isEmbedding && width > 0 && takes != width) {
      throw layer.unsupported("", "takes %d features, gets %d".formatted(takes, width));
    }
    width = made.get(made.size() - 1).outputSize();
  }

  private void readLayer(KerasLayer layer) throws IOException, ImportException {
    if (KerasArchitecture.MODELS.contains(layer.className())) {
      throw layer.unsupported("", "is a model inside the model; put its layers in its place");
    }
    switch (layer.className()) {
      case "InputLayer" -> {}
      case "Embedding" -> readEmbedding(layer);
      case "LSTM", "CuDNNLSTM", "GRU", "CuDNNGRU", "SimpleRNN", "RNN", "Bidirectional" ->
          readRecurrent(layer);
      case "TimeDistributed" -> readTimeDistributed(layer);
      default -> {
        if (!KerasStepLayers.isIdentity(layer)) {
          readStepLayer(layer, layer, "", sequences ? SEQUENCE_RANK : SEQUENCE_RANK - 1);
        }
      }
    }
  }

  private void readStepLayer(KerasLayer layer, KerasLayer inner, String part, int rank)
      throws IOException, ImportException {
    Layer read = steps.read(inner, weights.of(layer), part, width, rank);
    if (read == null) {
      throw inner.unsupported("", "is not supported");
    }
    made.add(read);
  }

  private void readTimeDistributed(KerasLayer layer) throws IOException, ImportException {
    KerasLayer inner = layer.inner("layer", "layer");
    if (!KerasStepLayers.isIdentity(inner)) {
      readStepLayer(layer, inner, "layer", SEQUENCE_RANK - 1);
    }
  }

  private void readEmbedding(KerasLayer layer) throws IOException, ImportException {
    if (!made.isEmpty()) {
      throw layer.unsupported("", "is not the first layer");
    }
    int vocabulary = layer.size("input_dim");
    int size = layer.size("output_dim");
    made.add(
        new Layer.Embedding(
            vocabulary,
            size,
            layer.flag("mask_zero"),
            weights.of(layer).next("", 0, vocabulary, size)));
  }

  private void readRecurrent(KerasLayer layer) throws IOException, ImportException {
    if (!sequences) {
      throw layer.unsupported("", "comes after a layer that gives the last step only");
    }
    KerasRecurrentLayers.Read read = recurrent.read(layer, weights.of(layer), masked);
    made.addAll(read.layers());
    sequences = read.returnSequences();
  }
}
