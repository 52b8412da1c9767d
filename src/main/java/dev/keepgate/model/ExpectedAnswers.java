package dev.keepgate.model;

import dev.keepgate.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model is to answer, as whoever made it says: each time it is loaded, it is asked and held
 * against that.
 *
 * @param cases at least one
 */
public record ExpectedAnswers(List<Case> cases) {

  public ExpectedAnswers {
    cases = List.copyOf(cases);
  }

  /**
   * A request and its answer.
   *
   * @param asked what goes in
   * @param outputs what is to come out, in the shape of an answer
   * @param scaled whether in the network's own numbers, though there is a scaler
   * @param tolerance how far an answer may be off
   */
  public record Case(Asked asked, Tensors outputs, boolean scaled, Tolerance tolerance) {}

  /**
   * What goes in, in the shapes of a request.
   *
   * @param isStep whether it is one step, and not a sequence
   * @param state by the names of its slots, the parts along the first axis of each; zero where it
   *     has none
   * @param lengths [batch]; null where no row is padded
   * @param returnSequences whether every step is answered; null for the model's own way
   */
  public record Asked(
      boolean isStep,
      Tensors inputs,
      Map<String, List<Tensor>> state,
      Tensor.@Nullable Ints lengths,
      @Nullable Boolean returnSequences) {
    public Asked {
      state = Map.copyOf(state);
    }
  }

  /**
   * Tensors by their names, or the only one without one.
   *
   * @param only null where there are names
   */
  public record Tensors(Tensor.@Nullable Doubles only, Map<String, Tensor.Doubles> named) {
    public Tensors {
      named = Map.copyOf(named);
    }

    /** By the names of what a model has; the only one by the only name. */
    public Map<String, Tensor.Doubles> of(List<String> names) {
      return only != null && names.size() == 1
          ? new LinkedHashMap<>(Map.of(names.get(0), only))
          : named;
    }
  }

  /**
   * How far a number may be off: {@code absolute + relative * |expected|}.
   *
   * @param absolute not negative
   * @param relative not negative
   */
  public record Tolerance(double absolute, double relative) {

    /** Of a case that says nothing: what 32-bit floats of two frameworks differ by. */
    public static final Tolerance DEFAULT = new Tolerance(1e-5, 1e-4);

    public double at(double expected) {
      return absolute + relative * Math.abs(expected);
    }

    /** The larger of each. */
    public Tolerance or(Tolerance other) {
      return new Tolerance(Math.max(absolute, other.absolute), Math.max(relative, other.relative));
    }
  }
}
