package dev.keepgate.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * What a model computes: its layers from input to output, and what it answers.
 *
 * <p>Layers after the last LSTM layer are the head; all layers but the LSTM's work on each step
 * alone. What is derived here is asked for at every request, so it is plain loops.
 *
 * @param layers at least one of them an LSTM layer; an embedding only in front
 * @param returnSequences whether an unroll answers every step where the request does not say
 * @param summary what an unroll answers where it does not answer every step
 */
public record LstmConfig(List<LayerConfig> layers, boolean returnSequences, Summary summary) {

  /** The one output of a whole sequence. */
  public enum Summary {
    /** The output at the last step that is not padding. */
    LAST_STEP,
    /** The last LSTM layer's final h, its directions merged, through the head (Keras). */
    FINAL_STATE
  }

  /**
   * @throws InconsistentModelException if the layers do not fit each other
   */
  public LstmConfig {
    layers = List.copyOf(layers);
    if (layers.stream().noneMatch(LayerConfig.Lstm.class::isInstance)) {
      throw new InconsistentModelException("a model needs an LSTM layer");
    }
    for (int i = 1; i < layers.size(); i++) {
      LayerConfig below = layers.get(i - 1);
      LayerConfig layer = layers.get(i);
      if (layer instanceof LayerConfig.Embedding) {
        throw new InconsistentModelException("an embedding must be the first layer");
      }
      if (layer.inputSize() != below.outputSize()) {
        throw new InconsistentModelException(
            "layer %d takes %d features, the layer below gives %d"
                .formatted(i, layer.inputSize(), below.outputSize()));
      }
    }
  }

  /** Whether the input is integers for an embedding. */
  public boolean takesIds() {
    return layers.get(0) instanceof LayerConfig.Embedding;
  }

  /** Width of a step's input; 1 where it is an integer. */
  public int inputSize() {
    return layers.get(0).inputSize();
  }

  /** Width of a step's output. */
  public int outputSize() {
    return layers.get(layers.size() - 1).outputSize();
  }

  /** Whether every LSTM layer can go a step at a time. */
  public boolean isCausal() {
    for (LayerConfig layer : layers) {
      if (layer instanceof LayerConfig.Lstm lstm && !lstm.isCausal()) {
        return false;
      }
    }
    return true;
  }

  /** Whether the input's numbers can mark a step as none. */
  public boolean masksSteps() {
    for (LayerConfig layer : layers) {
      if (layer instanceof LayerConfig.Masking
          || (layer instanceof LayerConfig.Embedding embedding && embedding.maskZero())) {
        return true;
      }
    }
    return false;
  }

  public List<LayerConfig.Lstm> lstmLayers() {
    List<LayerConfig.Lstm> lstms = new ArrayList<>(layers.size());
    for (LayerConfig layer : layers) {
      if (layer instanceof LayerConfig.Lstm lstm) {
        lstms.add(lstm);
      }
    }
    return lstms;
  }

  /**
   * All cells in the order of their states: layer 0 forward, layer 0 backward, layer 1 forward, ...
   */
  public List<CellConfig> cells() {
    List<CellConfig> cells = new ArrayList<>();
    for (LayerConfig.Lstm layer : lstmLayers()) {
      if (layer.forward() != null) {
        cells.add(layer.forward());
      }
      if (layer.backward() != null) {
        cells.add(layer.backward());
      }
    }
    return cells;
  }

  /** Whether all cells are equally wide, so that their states stack in one tensor. */
  public boolean hasUniformCells(ToIntFunction<CellConfig> width) {
    List<CellConfig> cells = cells();
    for (CellConfig cell : cells) {
      if (width.applyAsInt(cell) != width.applyAsInt(cells.get(0))) {
        return false;
      }
    }
    return true;
  }
}
