package dev.keepgate.inference;

import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a step or an unroll as a client sent them, not yet held against a model.
 *
 * @param operation what is asked
 * @param inputs in the order of the model's: of a usual one x, [input], [batch, input], [time,
 *     input] or [batch, time, input], as the operation has it; integers, or whole real numbers,
 *     without the last dimension where the model starts with an embedding
 * @param state null where there is none: zeros, or what the server keeps
 * @param lengths [batch]; null where no row is padded
 * @param options what is to be answered
 * @param fields what the client calls the tensors, for errors
 */
public record InferenceRequest(
    Operation operation,
    List<Tensor> inputs,
    @Nullable State state,
    @Nullable Tensor lengths,
    Options options,
    Fields fields) {

  /**
   * A recurrent state.
   *
   * @param slots by the names of the model's slots, such as {@code h}: one tensor of [batch, size]
   *     (a model of one cell) or [cells, batch, size], or a tensor [batch, size] a cell; what is
   *     missing is zero
   */
  public record State(Map<String, List<Tensor>> slots) {

    /** Null where there is no slot. */
    public static @Nullable State of(Map<String, List<Tensor>> slots) {
      return slots.isEmpty() ? null : new State(slots);
    }

    /** The name of a slot that is given. */
    String first() {
      return slots.keySet().iterator().next();
    }
  }

  /**
   * What is to be answered.
   *
   * @param returnSequences whether to answer every step; null for the model's own way
   * @param trace whether to answer the gates as well
   * @param step the number that a sequence's last step is to have; empty where that is not said
   * @param units in what numbers it speaks
   * @param detect whether a sequence's step is to be held against what was said of it
   */
  public record Options(
      @Nullable Boolean returnSequences,
      boolean trace,
      OptionalLong step,
      Units units,
      boolean detect) {

    /** Of a request that is held against nothing. */
    public Options(
        @Nullable Boolean returnSequences, boolean trace, OptionalLong step, Units units) {
      this(returnSequences, trace, step, units, false);
    }

    /** Of a request that says nothing about it. */
    public static final Options DEFAULT =
        new Options(null, false, OptionalLong.empty(), Units.READINGS);
  }

  /**
   * In what numbers a request speaks.
   *
   * @param scaled whether in the network's own, though there is a scaler
   * @param top how many classes to answer, where there are labels
   */
  public record Units(boolean scaled, int top) {

    /** Readings, and the likeliest class. */
    public static final Units READINGS = new Units(false, 1);
  }

  /**
   * What a protocol calls the tensors.
   *
   * @param inputs by the names of the model's inputs
   * @param slots of the state, by the names of the model's slots
   */
  public record Fields(UnaryOperator<String> inputs, UnaryOperator<String> slots, String lengths) {

    /** What it calls an input. */
    String input(Signature.Input input) {
      return inputs.apply(input.name());
    }

    /** What it calls a slot of the state. */
    String slot(String name) {
      return slots.apply(name);
    }
  }

  /** The same request, to be answered with every step. */
  InferenceRequest withReturnSequences() {
    return new InferenceRequest(
        operation,
        inputs,
        state,
        lengths,
        new Options(true, options.trace(), options.step(), options.units(), options.detect()),
        fields);
  }

  /** Whether the tensors have a dimension of rows. */
  boolean isBatched(Signature signature) {
    int sequence = signature.sequenceInput();
    return inputs.get(sequence).rank() >= rank(signature.inputs().get(sequence));
  }

  /** How many dimensions an input has, that of rows included. */
  int rank(Signature.Input input) {
    return input.shape().size() - (operation == Operation.STEP && input.steps() ? 1 : 0);
  }

  /** A step answers its one output; only an unroll has a choice. */
  boolean returnsSequences(Signature signature) {
    Boolean asked = options.returnSequences();
    return operation == Operation.UNROLL && (asked != null ? asked : signature.returnSequences());
  }
}
