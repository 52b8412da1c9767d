package dev.keepgate.model;

import dev.keepgate.model.Signature.Dimension;

/**
 * How a convolution or a pooling goes over the steps.
 *
 * @param size how many steps it sees
 * @param stride how many steps it goes on each time
 * @param dilation distance of the steps that it sees
 * @param padding what is put around the steps
 * @param before how many zero steps are put in front where the padding is explicit
 * @param after how many are put behind
 */
public record Window(int size, int stride, int dilation, Padding padding, int before, int after) {

  /** What is put around the steps. */
  public enum Padding {
    /** {@code before} and {@code after} steps. */
    EXPLICIT,
    /** As many steps as make ceil(steps / stride) of them, the odd one behind (TensorFlow). */
    SAME,
    /** All in front, so that no step sees a later one. */
    CAUSAL
  }

  /**
   * @throws InconsistentModelException if a number is too small
   */
  public Window {
    if (size < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) {
      throw new InconsistentModelException(
          "no window: size %d, stride %d, dilation %d, padding %d and %d"
              .formatted(size, stride, dilation, before, after));
    }
  }

  public static Window valid(int size, int stride, int dilation) {
    return new Window(size, stride, dilation, Padding.EXPLICIT, 0, 0);
  }

  /** From the first step that it sees to the last. */
  public int reach() {
    return (size - 1) * dilation + 1;
  }

  /** Zero steps in front of so many. */
  public int paddingBefore(int steps) {
    return switch (padding) {
      case EXPLICIT -> before;
      case SAME -> total(steps) / 2;
      case CAUSAL -> reach() - 1;
    };
  }

  private int paddingAfter(int steps) {
    return switch (padding) {
      case EXPLICIT -> after;
      case SAME -> total(steps) - total(steps) / 2;
      case CAUSAL -> 0;
    };
  }

  private int total(int steps) {
    int outputs = (steps + stride - 1) / stride;
    return Math.max((outputs - 1) * stride + reach() - steps, 0);
  }

  /** How many steps come of so many; 0 where the window does not fit once. */
  public int outputSteps(int steps) {
    int padded = steps + paddingBefore(steps) + paddingAfter(steps);
    return padded < reach() ? 0 : (padded - reach()) / stride + 1;
  }

  /** The dimension that comes of one. */
  Dimension output(Dimension steps) {
    if (steps.symbol() == null) {
      int outputs = outputSteps(steps.size());
      if (outputs < 1) {
        throw new InconsistentModelException(
            "a window of %d steps does not fit %d steps".formatted(reach(), steps.size()));
      }
      return Dimension.of(outputs);
    }
    return stride == 1 && keepsCount() ? steps : new Dimension(symbol(steps.symbol()), 0);
  }

  /** The same name for the same number of steps, and no other: what meets must be as long. */
  private String symbol(String steps) {
    if (padding != Padding.EXPLICIT) {
      return "%s / %d rounded up".formatted(steps, stride);
    }
    int more = before + after - reach() + stride;
    String sum = more == 0 ? steps : steps + (more < 0 ? " - " : " + ") + Math.abs(more);
    return stride == 1 ? sum : "(%s) / %d rounded down".formatted(sum, stride);
  }

  private boolean keepsCount() {
    return padding != Padding.EXPLICIT || before + after == reach() - 1;
  }

  /** Whether a step of what comes out needs no later step, and one comes of each. */
  public boolean isCausal() {
    return stride == 1
        && (padding == Padding.CAUSAL
            || (padding == Padding.EXPLICIT && after == 0 && before == reach() - 1));
  }
}
