package dev.keepgate.model;

import java.util.List;

/**
 * A model as it came from its file: what to compute, and with which numbers.
 *
 * @param framework whose semantics it follows, such as {@code pytorch}
 * @param config sizes and options
 * @param weights the numbers, layer by layer as in {@code config}
 */
public record LstmModel(String framework, LstmConfig config, LstmWeights weights) {

  /**
   * @throws InconsistentModelException if weights and configuration are not of the same layers
   */
  public LstmModel {
    if (!config.layers().equals(weights.layers().stream().map(LayerWeights::config).toList())) {
      throw new InconsistentModelException("weights and configuration are of different layers");
    }
  }

  /**
   * A model of these layers.
   *
   * @throws InconsistentModelException if the layers do not fit each other
   */
  public static LstmModel of(
      String framework,
      List<LayerWeights> layers,
      boolean returnSequences,
      LstmConfig.Summary summary) {
    LstmConfig config =
        new LstmConfig(
            layers.stream().map(LayerWeights::config).toList(), returnSequences, summary);
    return new LstmModel(framework, config, new LstmWeights(layers));
  }

  /** How many numbers the model has. */
  public long parameters() {
    return weights.layers().stream().mapToLong(LstmModel::count).sum();
  }

  private static long count(LayerWeights layer) {
    if (layer instanceof LayerWeights.Embedding embedding) {
      return embedding.table().length;
    }
    if (layer instanceof LayerWeights.Lstm lstm) {
      return (lstm.forward() == null ? 0 : lstm.forward().count())
          + (lstm.backward() == null ? 0 : lstm.backward().count());
    }
    if (layer instanceof LayerWeights.Dense dense) {
      return (long) dense.kernel().length + dense.bias().length;
    }
    if (layer instanceof LayerWeights.Scale scale) {
      return 2L * scale.scale().length;
    }
    if (layer instanceof LayerWeights.LayerNorm norm) {
      return 2L * norm.scale().length;
    }
    return 0;
  }
}
