package dev.keepgate.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What works along the steps of one sequence: its sizes, its options and its weights. Weights are
 * row-major and never written after they were made. What works on each step alone has no state, and
 * takes the last axis of any tensor for its features.
 */
public sealed interface Layer extends Operation {

  /** Width of what goes in; 1 for an embedding, whose input is an integer. */
  int inputSize();

  /** Width of what comes out. */
  int outputSize();

  /** The bound of the integers that it takes, exclusive; empty where it takes real numbers. */
  default OptionalInt vocabulary() {
    return OptionalInt.empty();
  }

  /** Whether a step needs no later step: only then can the network step. */
  default boolean isCausal() {
    return true;
  }

  /** Whether its input can mark a step as none. */
  default boolean masksSteps() {
    return false;
  }

  @Override
  default List<List<Slot>> state() {
    return cells().stream().map(Cell::state).toList();
  }

  @Override
  default Map<String, Shape> outputs(List<Shape> inputs) {
    return Map.of(MAIN, Shapes.features(this, inputs));
  }

  @Override
  default boolean isCausal(List<Shape> inputs) {
    return isCausal();
  }

  /** What there is to see of it without its weights. */
  default LayerDescription describe() {
    return new LayerDescription(type(), inputSize(), outputSize(), null, null, null);
  }

  @Override
  default LayerDescription describe(List<Shape> inputs) {
    return describe();
  }

  <R> R accept(Visitor<R> visitor);

  /**
   * Does something for each kind of layer: who adds a kind learns of all places that know kinds.
   */
  interface Visitor<R> {
    R embedding(Embedding layer);

    R masking(Masking layer);

    R recurrent(Recurrent layer);

    R dense(Dense layer);

    R scale(Scale layer);

    R layerNorm(LayerNorm layer);

    R activate(Activate layer);
  }

  /**
   * A table of vectors, looked up by integer.
   *
   * @param size how many rows the table has
   * @param outputSize their width
   * @param maskZero whether 0 means "no step here" (Keras' {@code mask_zero})
   * @param table [size, outputSize]
   */
  record Embedding(int size, int outputSize, boolean maskZero, float[] table) implements Layer {

    /**
     * @throws InconsistentModelException if the table is not of these sizes
     */
    public Embedding {
      Sizes.check("table", table, (long) size * outputSize);
    }

    @Override
    public String type() {
      return "embedding";
    }

    @Override
    public int inputSize() {
      return 1;
    }

    @Override
    public long parameters() {
      return table.length;
    }

    @Override
    public OptionalInt vocabulary() {
      return OptionalInt.of(size);
    }

    @Override
    public boolean masksSteps() {
      return maskZero;
    }

    @Override
    public Map<String, Shape> outputs(List<Shape> inputs) {
      Shape ids = Shapes.only(this, inputs, 1);
      List<Signature.Dimension> dims = new ArrayList<>(ids.dims());
      dims.add(Signature.Dimension.of(outputSize));
      return Map.of(MAIN, Shape.of(dims).withMask(maskZero ? Shape.OWN_MASK : null));
    }

    @Override
    public LayerDescription describe() {
      return new LayerDescription(
          type(), 1, outputSize, null, new LayerDescription.Table(size, maskZero), null);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.embedding(this);
    }
  }

  /**
   * Marks the steps whose every feature equals {@code value} as no steps (Keras' Masking), in place
   * of what a layer below may have marked. Without effect above the last recurrent layer.
   */
  record Masking(int inputSize, float value) implements Layer {
    @Override
    public String type() {
      return "masking";
    }

    @Override
    public int outputSize() {
      return inputSize;
    }

    @Override
    public boolean masksSteps() {
      return true;
    }

    @Override
    public Map<String, Shape> outputs(List<Shape> inputs) {
      Shape x = Shapes.features(this, inputs);
      if (x.rank() != 2) {
        throw new InconsistentModelException(
            "only the steps of a sequence can be masked, not " + x);
      }
      return Map.of(MAIN, x.withMask(Shape.OWN_MASK));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.masking(this);
    }
  }

  /**
   * A recurrent layer of one or two cells. A masked step leaves the state as it was.
   *
   * <p>It gives its outputs at all steps, {@link #FINAL}, which is its outputs after the last step,
   * and each slot of its state after the last step: {@code h} or, of two directions, {@code
   * forward_h} and {@code backward_h}. It takes the sequence, and may take besides what each slot
   * begins with.
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
  record Recurrent(
      @Nullable Cell forward,
      @Nullable Cell backward,
      Merge merge,
      boolean processingOrder,
      boolean repeatMasked)
      implements Layer {

    /**
     * @throws InconsistentModelException if there is no cell, or two that do not fit each other
     */
    public Recurrent {
      if (forward == null && backward == null) {
        throw new InconsistentModelException("a recurrent layer needs a cell");
      }
      if (forward != null && backward != null) {
        if (forward.type() != backward.type()) {
          throw new InconsistentModelException("the two directions differ in kind");
        }
        if (forward.inputSize() != backward.inputSize()
            || (merge != Merge.CONCAT && forward.outputSize() != backward.outputSize())) {
          throw new InconsistentModelException("the two directions differ in size");
        }
        if (processingOrder) {
          throw new InconsistentModelException("only a backward-only layer has a processing order");
        }
      }
    }

    /** The name under which it gives its output after the last step, [batch, outputSize]. */
    public static final String FINAL = "final";

    /** A layer of one forward cell. */
    public static Recurrent of(Cell forward) {
      return new Recurrent(forward, null, Merge.CONCAT, false, false);
    }

    /** A layer of two cells whose outputs lie side by side, as in PyTorch. */
    public static Recurrent bidirectional(Cell forward, Cell backward) {
      return new Recurrent(forward, backward, Merge.CONCAT, false, false);
    }

    /** The kind of its cells. */
    public CellType cellType() {
      return cells().get(0).type();
    }

    @Override
    public String type() {
      return cellType().name().toLowerCase(Locale.ROOT);
    }

    public boolean isBidirectional() {
      return forward != null && backward != null;
    }

    @Override
    public boolean isCausal() {
      return backward == null;
    }

    /**
     * Only where the sequence is the request's own can its state go on with the next request; and
     * what a masked step repeats is no part of the state.
     */
    @Override
    public boolean isCausal(List<Shape> inputs) {
      boolean repeats = repeatMasked && inputs.get(0).mask() != null;
      return isCausal() && keepsState(inputs) && !repeats;
    }

    @Override
    public Map<String, Shape> outputs(List<Shape> inputs) {
      Map<String, Shape> outputs = new LinkedHashMap<>();
      Shape steps = Shapes.features(this, inputs.subList(0, 1));
      if (steps.rank() != 2) {
        throw new InconsistentModelException(
            "%s takes [batch, steps, features], got %s".formatted(type(), inputs.get(0)));
      }
      outputs.put(MAIN, steps);
      outputs.put(FINAL, Shape.of(Signature.Dimension.of(outputSize())));
      List<Slot> slots = slots();
      slots.forEach(
          slot -> outputs.put(slot.name(), Shape.of(Signature.Dimension.of(slot.width()))));
      if (inputs.size() > 1 && inputs.size() != 1 + slots.size()) {
        throw new InconsistentModelException(
            "%s takes one sequence and %s, got %d inputs".formatted(type(), slots, inputs.size()));
      }
      for (int i = 1; i < inputs.size(); i++) {
        Shapes.requireWidth(this, inputs.get(i), slots.get(i - 1).width());
      }
      return outputs;
    }

    /** All slots of its state, those of two directions told apart. */
    public List<Slot> slots() {
      List<Slot> slots = new ArrayList<>();
      for (Cell cell : cells()) {
        String direction = isBidirectional() ? (cell == forward ? "forward_" : "backward_") : "";
        cell.state().forEach(slot -> slots.add(new Slot(direction + slot.name(), slot.width())));
      }
      return slots;
    }

    @Override
    public List<Cell> cells() {
      List<Cell> cells = new ArrayList<>(2);
      if (forward != null) {
        cells.add(forward);
      }
      if (backward != null) {
        cells.add(backward);
      }
      return List.copyOf(cells);
    }

    @Override
    public int inputSize() {
      return cells().get(0).inputSize();
    }

    @Override
    public int outputSize() {
      return forward != null && backward != null && merge == Merge.CONCAT
          ? forward.outputSize() + backward.outputSize()
          : cells().get(0).outputSize();
    }

    @Override
    public long parameters() {
      return cells().stream().mapToLong(Cell::parameters).sum();
    }

    @Override
    public LayerDescription describe() {
      return new LayerDescription(
          type(),
          inputSize(),
          outputSize(),
          null,
          null,
          new LayerDescription.Cells(describe(forward), describe(backward), merge));
    }

    private static @Nullable CellOptions describe(@Nullable Cell cell) {
      return cell == null ? null : cell.options();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.recurrent(this);
    }
  }

  /**
   * activation(x W + b), step by step.
   *
   * @param kernel [inputSize, outputSize]
   * @param bias [outputSize]
   */
  record Dense(int inputSize, int outputSize, Activation activation, float[] kernel, float[] bias)
      implements Layer {

    /**
     * @throws InconsistentModelException if the weights are not of these sizes
     */
    public Dense {
      Sizes.check("kernel", kernel, (long) inputSize * outputSize);
      Sizes.check("bias", bias, outputSize);
    }

    @Override
    public String type() {
      return "dense";
    }

    @Override
    public long parameters() {
      return (long) kernel.length + bias.length;
    }

    @Override
    public LayerDescription describe() {
      return new LayerDescription(type(), inputSize, outputSize, activation, null, null);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.dense(this);
    }
  }

  /** Multiplies each feature by a number of its own and adds another. */
  sealed interface Affine extends Layer {

    /** One number a feature. */
    float[] scale();

    @Override
    default int inputSize() {
      return scale().length;
    }

    @Override
    default int outputSize() {
      return scale().length;
    }

    @Override
    default long parameters() {
      return 2L * scale().length;
    }
  }

  /**
   * x * scale + shift, feature by feature (batch normalisation at inference).
   *
   * @param scale [inputSize]
   * @param shift [inputSize]
   */
  record Scale(float[] scale, float[] shift) implements Affine {

    /**
     * @throws InconsistentModelException if the two differ in size
     */
    public Scale {
      Sizes.check("shift", shift, scale.length);
    }

    @Override
    public String type() {
      return "scale";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.scale(this);
    }
  }

  /**
   * (x - mean) / sqrt(variance + epsilon) * scale + shift over the features of a step; Ba, Kiros
   * and Hinton 2016.
   *
   * @param scale [inputSize]
   * @param shift [inputSize]
   */
  record LayerNorm(float epsilon, float[] scale, float[] shift) implements Affine {

    /**
     * @throws InconsistentModelException if the two differ in size
     */
    public LayerNorm {
      Sizes.check("shift", shift, scale.length);
    }

    @Override
    public String type() {
      return "layernorm";
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.layerNorm(this);
    }
  }

  /** An activation that stands alone. */
  record Activate(int inputSize, Activation activation) implements Layer {
    @Override
    public String type() {
      return "activate";
    }

    @Override
    public int outputSize() {
      return inputSize;
    }

    @Override
    public LayerDescription describe() {
      return new LayerDescription(type(), inputSize, inputSize, activation, null, null);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.activate(this);
    }
  }
}
