package dev.keepgate.model;

import java.util.List;

/** The numbers of all layers of a model, from input to output. */
public record LstmWeights(List<LayerWeights> layers) {
  public LstmWeights {
    layers = List.copyOf(layers);
  }
}
