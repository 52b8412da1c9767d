package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes Keras' layers, one after the other, into ours. */
final class KerasModelReader {

  private static final int SEQUENCE_RANK = 3;

  private final KerasWeights weights;
  private final KerasCells cells;
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
    this.cells = new KerasCells(version);
    this.steps = new KerasStepLayers(version);
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
    return Network.chain(
        "keras", made, returnSequences == null ? sequences : returnSequences, Summary.FINAL_STATE);
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
      case "LSTM", "CuDNNLSTM", "GRU", "CuDNNGRU", "SimpleRNN", "RNN" -> readRecurrent(layer);
      case "Bidirectional" -> readBidirectional(layer);
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
    boolean returnSequences = checkRecurrent(layer);
    KerasWeights.OfLayer numbers = weights.of(layer);
    boolean backward = layer.flag("go_backwards");
    boolean repeat = !layer.flag("zero_output_for_mask");
    if (masked && !repeat && !returnSequences) {
      throw layer.unsupported(
          "zero_output_for_mask", "needs return_sequences where steps may not count");
    }
    List<Cell> stack = new ArrayList<>();
    if (layer.config().path("cell").path("class_name").asString("").equals("StackedRNNCells")) {
      stack.addAll(readStack(layer, numbers, backward));
    } else {
      stack.add(readCell(layer, numbers, ""));
    }
    for (Cell cell : stack) {
      made.add(
          backward
              ? new Layer.Recurrent(null, cell, Merge.CONCAT, true, repeat)
              : new Layer.Recurrent(cell, null, Merge.CONCAT, false, repeat));
    }
    sequences = returnSequences;
  }

  /** Cells on top of each other, all of which run over a step before the next step. */
  private List<Cell> readStack(KerasLayer layer, KerasWeights.OfLayer numbers, boolean backward)
      throws IOException, ImportException {
    if (backward) {
      throw layer.unsupported("go_backwards", "with StackedRNNCells is not supported");
    }
    List<Cell> stack = new ArrayList<>();
    Map<String, Integer> used = new HashMap<>();
    for (JsonNode json : layer.config().path("cell").path("config").path("cells")) {
      KerasLayer cell = KerasLayer.of(json, "");
      if (!KerasCells.isCell(cell.className())) {
        throw cell.unsupported("", "in layer '%s' is not supported".formatted(layer.name()));
      }
      String kind = KerasArchitecture.snakeCase(cell.className());
      int before = used.merge(kind, 1, Integer::sum) - 1;
      stack.add(
          cells.read(cell, numbers, "cell/cells/" + kind + (before == 0 ? "" : "_" + before)));
    }
    if (stack.isEmpty()) {
      throw layer.unsupported("cell", "has no cells");
    }
    return stack;
  }

  private Cell readCell(KerasLayer layer, KerasWeights.OfLayer numbers, String part)
      throws IOException, ImportException {
    if (KerasCells.isLayer(layer.className())) {
      return cells.read(layer, numbers, part + "cell");
    }
    if (!layer.className().equals("RNN")) {
      throw layer.unsupported("", "is not supported");
    }
    KerasLayer cell = layer.inner("cell", "cell");
    if (!KerasCells.isCell(cell.className())) {
      throw cell.unsupported("", "is not supported");
    }
    return cells.read(cell, numbers, part + "cell");
  }

  /** Checks what every recurrent layer has; answers whether it gives all steps. */
  private boolean checkRecurrent(KerasLayer layer) throws ImportException {
    if (!sequences) {
      throw layer.unsupported("", "comes after a layer that gives the last step only");
    }
    if (layer.flag("time_major")) {
      throw layer.unsupported("time_major", "is not supported");
    }
    checkUnrolled(layer, layer.flag("go_backwards"));
    return layer.flag("return_sequences");
  }

  /** Where all this comes together, Keras takes the mask in the wrong order. */
  private void checkUnrolled(KerasLayer layer, boolean backward) throws ImportException {
    if (masked && backward && layer.flag("unroll") && layer.flag("zero_output_for_mask")) {
      throw layer.unsupported("unroll", "of masked sequences backward is not supported");
    }
  }

  private void readBidirectional(KerasLayer layer) throws IOException, ImportException {
    KerasLayer forward = layer.inner("layer", "forward_layer");
    // Older files leave out a backward layer that is made after the forward one.
    boolean isOwn = layer.config().path("backward_layer").isObject();
    KerasLayer backward = isOwn ? layer.inner("backward_layer", "backward_layer") : forward;
    boolean returnSequences = checkRecurrent(forward);
    checkUnrolled(backward, true);
    if (forward.flag("go_backwards")
        || backward.flag("go_backwards") != isOwn
        || backward.flag("return_sequences") != returnSequences) {
      throw layer.unsupported("", "its layers do not run forward and backward");
    }
    KerasWeights.OfLayer numbers = weights.of(layer);
    Cell first = readCell(forward, numbers, "forward_layer/");
    Cell second = readCell(backward, numbers, "backward_layer/");
    made.add(new Layer.Recurrent(first, second, merge(layer), false, false));
    sequences = returnSequences;
  }

  private static Merge merge(KerasLayer layer) throws ImportException {
    JsonNode mode = layer.config().path("merge_mode");
    String name = mode.isMissingNode() ? "concat" : mode.asString("null");
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "concat" -> Merge.CONCAT;
      case "sum" -> Merge.SUM;
      case "mul" -> Merge.MUL;
      case "ave" -> Merge.AVE;
      default ->
          throw layer.unsupported(
              "merge_mode", "'%s' is none of concat, sum, mul, ave".formatted(name));
    };
  }
}
