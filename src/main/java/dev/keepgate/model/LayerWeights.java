package dev.keepgate.model;

import org.jspecify.annotations.Nullable;

/** The numbers of one layer, row-major; never written after they were made. */
public sealed interface LayerWeights {

  LayerConfig config();

  /**
   * @param table [vocabulary, outputSize]
   */
  record Embedding(LayerConfig.Embedding config, float[] table) implements LayerWeights {
    public Embedding {
      Sizes.check("table", table, (long) config.vocabulary() * config.outputSize());
    }
  }

  record Masking(LayerConfig.Masking config) implements LayerWeights {}

  /** The numbers of the cells that the configuration has. */
  record Lstm(
      LayerConfig.Lstm config, @Nullable CellWeights forward, @Nullable CellWeights backward)
      implements LayerWeights {
    public Lstm {
      checkCell(config.forward(), forward);
      checkCell(config.backward(), backward);
    }

    private static void checkCell(@Nullable CellConfig config, @Nullable CellWeights weights) {
      if ((config == null) != (weights == null)) {
        throw new InconsistentModelException("a cell lacks its configuration or its weights");
      }
      if (config != null && weights != null) {
        weights.check(config);
      }
    }
  }

  /**
   * @param kernel [inputSize, outputSize]
   * @param bias [outputSize]
   */
  record Dense(LayerConfig.Dense config, float[] kernel, float[] bias) implements LayerWeights {
    public Dense {
      Sizes.check("kernel", kernel, (long) config.inputSize() * config.outputSize());
      Sizes.check("bias", bias, config.outputSize());
    }
  }

  /**
   * @param scale [inputSize]
   * @param shift [inputSize]
   */
  record Scale(LayerConfig.Scale config, float[] scale, float[] shift) implements LayerWeights {
    public Scale {
      Sizes.check("scale", scale, config.inputSize());
      Sizes.check("shift", shift, config.inputSize());
    }
  }

  /**
   * @param scale [inputSize]
   * @param shift [inputSize]
   */
  record LayerNorm(LayerConfig.LayerNorm config, float[] scale, float[] shift)
      implements LayerWeights {
    public LayerNorm {
      Sizes.check("scale", scale, config.inputSize());
      Sizes.check("shift", shift, config.inputSize());
    }
  }

  record Activate(LayerConfig.Activate config) implements LayerWeights {}
}
