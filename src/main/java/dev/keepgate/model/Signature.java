package dev.keepgate.model;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What goes into a network and what comes out of it: all that there is to know in order to ask it,
 * without its weights.
 *
 * @param inputs at least one
 * @param outputs at least one
 * @param state which slots the recurrent state has
 * @param inside what is between the inputs and the outputs
 * @param unroll what an unroll answers
 * @param settings what its numbers mean
 */
public record Signature(
    List<Input> inputs,
    List<Output> outputs,
    StateLayout state,
    Inside inside,
    Unroll unroll,
    ModelSettings settings) {

  /**
   * A dimension of a shape.
   *
   * @param symbol of a size that each request has its own of; null where the size is fixed
   * @param size 0 where it is each request's own
   */
  public record Dimension(@Nullable String symbol, int size) {

    /** The rows of a request. */
    public static final Dimension BATCH = new Dimension("batch", 0);

    /** The steps of a request. */
    public static final Dimension TIME = new Dimension("time", 0);

    public static Dimension of(int size) {
      return new Dimension(null, size);
    }

    @Override
    public String toString() {
      return symbol != null ? symbol : Integer.toString(size);
    }
  }

  /**
   * An input.
   *
   * @param shape its dimensions; the last is the width of a step, unless it takes integers
   * @param vocabulary the bound of its integers, exclusive; empty where it takes real numbers
   */
  public record Input(String name, List<Dimension> shape, OptionalInt vocabulary) {
    public Input {
      shape = List.copyOf(shape);
    }

    /** Vectors, one a step. */
    public static Input ofSteps(String name, int size) {
      return new Input(
          name, List.of(Dimension.BATCH, Dimension.TIME, Dimension.of(size)), OptionalInt.empty());
    }

    /** Integers for an embedding, one a step. */
    public static Input ofIds(String name, int vocabulary) {
      return new Input(name, List.of(Dimension.BATCH, Dimension.TIME), OptionalInt.of(vocabulary));
    }

    /** The same with so many steps in place of each request's own. */
    Input of(Dimension steps) {
      return new Input(
          name,
          shape.stream()
              .map(dim -> dim.symbol() == null || dim.equals(Dimension.BATCH) ? dim : steps)
              .toList(),
          vocabulary);
    }

    /** The same with another width. */
    Input withSize(int size) {
      List<Dimension> dims = new ArrayList<>(shape);
      dims.set(dims.size() - 1, Dimension.of(size));
      return new Input(name, dims, vocabulary);
    }

    /** The numbers of one row, or of a step where it has steps; 1 where they are integers. */
    public int size() {
      return vocabulary.isPresent() ? 1 : shape.get(shape.size() - 1).size();
    }

    /**
     * The sizes of a request's tensor; open ones that are not the request's steps are 0.
     *
     * @param time how many steps
     */
    public int[] sizes(int batch, int time) {
      int[] sizes = new int[shape.size()];
      for (int axis = 0; axis < sizes.length; axis++) {
        Dimension dim = shape.get(axis);
        sizes[axis] = axis == 0 ? batch : dim.equals(Dimension.TIME) ? time : dim.size();
      }
      return sizes;
    }

    /** Whether it has an open size that is not the request's steps. */
    public boolean hasOwnSteps() {
      return shape.stream()
          .anyMatch(
              dim ->
                  dim.symbol() != null
                      && !dim.equals(Dimension.BATCH)
                      && !dim.equals(Dimension.TIME));
    }

    /** Whether it can come a step at a time. */
    public boolean steps() {
      return shape.contains(Dimension.TIME);
    }
  }

  /**
   * An output.
   *
   * @param shape its dimensions where every step is answered; a request that asks for none but the
   *     last leaves the second out of a {@linkplain #isSequence() sequence}
   * @param steps whether each step of it needs no later step, so that it can come a step at a time
   */
  public record Output(String name, List<Dimension> shape, boolean steps) {
    public Output {
      shape = List.copyOf(shape);
    }

    /** Whether it has the steps of the request's own sequence. */
    public boolean isStreamed() {
      return shape.size() > 1 && shape.get(1).equals(Dimension.TIME);
    }

    /** Whether it has steps whose number the request decides. */
    public boolean isSequence() {
      return shape.size() > 2 && shape.get(1).symbol() != null;
    }

    /** Width of a step. */
    public int size() {
      return shape.get(shape.size() - 1).size();
    }

    /**
     * The sizes that a request of a network without other open sizes is answered.
     *
     * @param sequences whether every step is answered
     */
    public int[] sizes(int batch, int time, boolean sequences) {
      int skipped = isSequence() && !sequences ? 1 : 0;
      int[] sizes = new int[shape.size() - skipped];
      sizes[0] = batch;
      for (int axis = 1; axis < sizes.length; axis++) {
        Dimension dim = shape.get(axis + skipped);
        sizes[axis] = dim.equals(Dimension.TIME) ? time : dim.size();
      }
      return sizes;
    }
  }

  /**
   * What is between the inputs and the outputs.
   *
   * @param trace of each cell, in the order of its state: what a trace shows
   * @param masksSteps whether the input's numbers can mark a step as none
   * @param leastSteps how many steps a sequence needs at least, so that each window fits
   * @param isChain whether it is layers one after the other along the steps of one input
   * @param numbers what it takes to compute a row as a whole
   * @param whole what needs all steps at once, for an error; null where the network steps
   */
  public record Inside(
      List<List<Slot>> trace,
      boolean masksSteps,
      int leastSteps,
      boolean isChain,
      Footprint numbers,
      @Nullable String whole) {
    public Inside {
      trace = List.copyOf(trace);
    }
  }

  /**
   * How many numbers a row takes, by its steps.
   *
   * @param byPower factors of 1, steps, steps squared, ...
   */
  public record Footprint(List<Long> byPower) {
    public Footprint {
      byPower = List.copyOf(byPower);
    }

    /** Of so many steps; the largest long where that is not enough. */
    public long at(long steps) {
      double numbers = 0;
      double power = 1;
      for (long factor : byPower) {
        numbers += factor * power;
        power *= steps;
      }
      return (long) numbers;
    }
  }

  /**
   * What an unroll answers.
   *
   * @param returnSequences whether it answers every step where the request does not say
   * @param summary what it answers where it does not answer every step
   */
  public record Unroll(boolean returnSequences, Summary summary) {}

  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The same with other settings. */
  Signature with(ModelSettings other) {
    return new Signature(inputs, outputs, state, inside, unroll, other);
  }

  /** The same of any number of steps, for windows of what a request brings. */
  public Signature withOpenSteps() {
    List<Input> open = new ArrayList<>(inputs);
    Input sequence = inputs.get(sequenceInput());
    List<Dimension> shape = new ArrayList<>(sequence.shape());
    shape.set(1, Dimension.TIME);
    open.set(sequenceInput(), new Input(sequence.name(), shape, sequence.vocabulary()));
    return new Signature(open, outputs, state, inside, unroll, settings);
  }

  /**
   * An input as a request brings it: readings, where a scaler makes the network's numbers of them.
   *
   * @param index of the input
   */
  public Input reading(int index) {
    Scaler scaler = settings.scaler();
    Input input = inputs.get(index);
    return scaler != null && index == sequenceInput() ? input.withSize(scaler.inputs()) : input;
  }

  /** Whether the first input is integers for an embedding. */
  public boolean takesIds() {
    return inputs.get(0).vocabulary().isPresent();
  }

  /** Width of a step's first input; 1 where it is an integer. */
  public int inputSize() {
    return inputs.get(0).size();
  }

  /** Width of a step's first output. */
  public int outputSize() {
    return outputs.get(0).size();
  }

  /** Whether all outputs can come a step at a time. */
  public boolean isCausal() {
    return inside.whole() == null;
  }

  /**
   * The input along whose steps a request goes; the first where there is none.
   *
   * @return its index
   */
  public int sequenceInput() {
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).steps()) {
        return i;
      }
    }
    return 0;
  }

  /** Whether the input's numbers can mark a step as none. */
  public boolean masksSteps() {
    return inside.masksSteps();
  }

  /** Whether an unroll answers every step where the request does not say. */
  public boolean returnSequences() {
    return unroll.returnSequences();
  }

  /** What an unroll answers where it does not answer every step. */
  public Summary summary() {
    return unroll.summary();
  }
}
