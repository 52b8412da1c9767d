package dev.keepgate.model;

import org.jspecify.annotations.Nullable;

/** One layer of a model: its sizes and options, without its numbers. */
public sealed interface LayerConfig {

  /** Width of what goes in; 1 for an embedding, whose input is an integer. */
  int inputSize();

  /** Width of what comes out. */
  int outputSize();

  /**
   * A table of vectors, looked up by integer.
   *
   * @param vocabulary how many rows the table has
   * @param outputSize their width
   * @param maskZero whether 0 means "no step here" (Keras' {@code mask_zero})
   */
  record Embedding(int vocabulary, int outputSize, boolean maskZero) implements LayerConfig {
    @Override
    public int inputSize() {
      return 1;
    }
  }

  /**
   * Marks the steps whose every feature equals {@code value} as no steps (Keras' Masking), in place
   * of what a layer below may have marked. Without effect above the last LSTM layer.
   */
  record Masking(int inputSize, float value) implements LayerConfig {
    @Override
    public int outputSize() {
      return inputSize;
    }
  }

  /**
   * An LSTM layer of one or two cells. A masked step leaves the state as it was.
   *
   * @param forward the cell that reads from the first step on; null where only {@code backward}
   *     runs
   * @param backward the cell that reads from the last step back, its outputs at the steps it read;
   *     null where there is none
   * @param merge how the outputs of two directions become one
   * @param processingOrder whether the outputs of a backward-only layer stay in the order they were
   *     computed, last step first (Keras' {@code go_backwards})
   * @param repeatMasked whether a masked step answers the output before it (Keras) and not zero
   */
  record Lstm(
      @Nullable CellConfig forward,
      @Nullable CellConfig backward,
      Merge merge,
      boolean processingOrder,
      boolean repeatMasked)
      implements LayerConfig {

    /**
     * @throws InconsistentModelException if there is no cell, or two whose sizes do not fit
     */
    public Lstm {
      if (forward == null && backward == null) {
        throw new InconsistentModelException("an LSTM layer needs a cell");
      }
      if (forward != null && backward != null) {
        if (forward.inputSize() != backward.inputSize()
            || (merge != Merge.CONCAT && forward.outputSize() != backward.outputSize())) {
          throw new InconsistentModelException("the two directions differ in size");
        }
        if (processingOrder) {
          throw new InconsistentModelException("only a backward-only layer has a processing order");
        }
      }
    }

    /** A layer of one forward cell. */
    public static Lstm of(CellConfig forward) {
      return new Lstm(forward, null, Merge.CONCAT, false, false);
    }

    /** A layer of two cells whose outputs lie side by side, as in PyTorch. */
    public static Lstm bidirectional(CellConfig forward, CellConfig backward) {
      return new Lstm(forward, backward, Merge.CONCAT, false, false);
    }

    public boolean isBidirectional() {
      return forward != null && backward != null;
    }

    /** Whether a step needs no later step: only then can the model step. */
    public boolean isCausal() {
      return backward == null;
    }

    @Override
    public int inputSize() {
      return anyCell().inputSize();
    }

    @Override
    public int outputSize() {
      return forward != null && backward != null && merge == Merge.CONCAT
          ? forward.outputSize() + backward.outputSize()
          : anyCell().outputSize();
    }

    private CellConfig anyCell() {
      CellConfig cell = forward != null ? forward : backward;
      if (cell == null) {
        throw new IllegalStateException("an LSTM layer needs a cell");
      }
      return cell;
    }
  }

  /** activation(x W + b), step by step. */
  record Dense(int inputSize, int outputSize, Activation activation) implements LayerConfig {}

  /** x * scale + shift, feature by feature (batch normalisation at inference). */
  record Scale(int inputSize) implements LayerConfig {
    @Override
    public int outputSize() {
      return inputSize;
    }
  }

  /**
   * (x - mean) / sqrt(variance + epsilon) * scale + shift over the features of a step; Ba, Kiros
   * and Hinton 2016.
   */
  record LayerNorm(int inputSize, float epsilon) implements LayerConfig {
    @Override
    public int outputSize() {
      return inputSize;
    }
  }

  /** An activation that stands alone. */
  record Activate(int inputSize, Activation activation) implements LayerConfig {
    @Override
    public int outputSize() {
      return inputSize;
    }
  }
}
