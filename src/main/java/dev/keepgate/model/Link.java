package dev.keepgate.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What makes a distribution's parameter of a number that a network gives: a function, and an amount
 * that is added to it. In double precision.
 *
 * @param function of the network's number
 * @param offset what is added
 */
public record Link(Function function, double offset) {

  /** The functions. */
  public enum Function {
    /** x */
    LINEAR,
    /** log(1 + exp(x)) */
    SOFTPLUS,
    /** exp(x) */
    EXP,
    /** 1 / (1 + exp(-x)) */
    SIGMOID,
    /** max(x, 0) */
    RELU,
    /** x where x &ge; 0, else exp(x) - 1 */
    ELU,
    /** (x + sqrt(x * x + 4)) / 2 */
    SQUAREPLUS;

    double apply(double x) {
      return switch (this) {
        case LINEAR -> x;
        case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        case EXP -> Math.exp(x);
        case SIGMOID -> 1 / (1 + Math.exp(-x));
        case RELU -> Math.max(x, 0);
        case ELU -> x >= 0 ? x : Math.expm1(x);
        case SQUAREPLUS -> (x + Math.sqrt(x * x + 4)) / 2;
      };
    }

    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The number as it is. */
  public static final Link LINEAR = new Link(Function.LINEAR, 0);

  /** The parameter that a number of the network stands for. */
  public double apply(double x) {
    return function.apply(x) + offset;
  }

  /** Of a text such as {@code softplus} or {@code 2+softplus}; null where it is none. */
  public static @Nullable Link parse(String text) {
    int plus = text.lastIndexOf('+');
    double offset = 0;
    if (plus >= 0) {
      try {
        offset = Double.parseDouble(text.substring(0, plus).strip());
      } catch (NumberFormatException e) {
        return null;
      }
    }
    String name = text.substring(plus + 1).strip();
    for (Function function : Function.values()) {
      if (function.word().equals(name) && Double.isFinite(offset)) {
        return new Link(function, offset);
      }
    }
    return null;
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return offset == 0 ? function.word() : offset + "+" + function.word();
  }
}
