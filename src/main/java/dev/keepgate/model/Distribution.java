package dev.keepgate.model;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the numbers of a network's output are read as what the next reading may be: of each target a
 * distribution by itself.
 *
 * @param kind which one
 * @param parameters what it takes, in the order of {@link Kind#forms}
 * @param scaler whose inverse makes readings of what is drawn, a column a target; null where that
 *     is a reading as it is
 */
public record Distribution(Kind kind, List<Parameter> parameters, @Nullable Scaler scaler) {

  /** The distributions. */
  public enum Kind {
    GAUSSIAN,
    STUDENT_T,
    LAPLACE,
    POISSON,
    NEGATIVE_BINOMIAL,

    /** No distribution, but some of its quantiles: the parameters are called by their levels. */
    QUANTILES;

    /** The parameters that it can be given by, the usual ones first; none of quantiles. */
    public List<List<String>> forms() {
      return switch (this) {
        case GAUSSIAN, LAPLACE -> List.of(List.of("loc", "scale"));
        case STUDENT_T -> List.of(List.of("df", "loc", "scale"));
        case POISSON -> List.of(List.of("rate"));
        case NEGATIVE_BINOMIAL ->
            List.of(
                List.of("total_count", "logits"),
                List.of("total_count", "probs"),
                List.of("mean", "alpha"));
        case QUANTILES -> List.of();
      };
    }

    /** As it is written. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The kind of a name; null where there is none. */
    public static @Nullable Kind of(String word) {
      return Arrays.stream(values())
          .filter(kind -> kind.word().equals(word))
          .findAny()
          .orElse(null);
    }
  }

  /**
   * A parameter of all targets.
   *
   * @param name such as {@code loc}, or a quantile's level
   * @param outputs of each target, which number of the output it is made of, from 0
   * @param link what makes it of that number
   */
  public record Parameter(String name, List<Integer> outputs, Link link) {
    public Parameter {
      outputs = List.copyOf(outputs);
    }

    /** Whether the distribution can have such a value. */
    public boolean allows(double value) {
      return Double.isFinite(value)
          && switch (name) {
            case "scale", "rate", "mean" -> value >= 0;
            case "df", "total_count", "alpha" -> value > 0;
            case "probs" -> value >= 0 && value < 1;
            default -> true;
          };
    }

    /** What usually makes it of a network's number, as GluonTS has it. */
    public static Link usualLink(String name) {
      return switch (name) {
        case "df" -> new Link(Link.Function.SOFTPLUS, 2);
        case "scale", "rate", "mean", "total_count", "alpha" -> new Link(Link.Function.SOFTPLUS, 0);
        case "probs" -> new Link(Link.Function.SIGMOID, 0);
        default -> Link.LINEAR;
      };
    }

    /** The level of a quantile. */
    public double level() {
      return Double.parseDouble(name);
    }
  }

  /**
   * @throws InconsistentModelException if the parameters are not the kind's, or not of the same
   *     targets
   */
  public Distribution {
    parameters = List.copyOf(parameters);
    List<String> names = parameters.stream().map(Parameter::name).toList();
    if (kind == Kind.QUANTILES ? !areLevels(names) : !kind.forms().contains(names)) {
      throw new InconsistentModelException(
          "%s takes %s, not %s"
              .formatted(
                  kind.word(),
                  kind == Kind.QUANTILES ? "levels from 0 to 1, 0.5 among them" : kind.forms(),
                  names));
    }
    Set<Integer> used = new HashSet<>();
    for (Parameter parameter : parameters) {
      if (parameter.outputs().size() != parameters.get(0).outputs().size()
          || parameter.outputs().isEmpty()) {
        throw new InconsistentModelException(
            "%s is of %d targets, %s of %d"
                .formatted(
                    names.get(0),
                    parameters.get(0).outputs().size(),
                    parameter.name(),
                    parameter.outputs().size()));
      }
      for (int output : parameter.outputs()) {
        if (output < 0 || !used.add(output)) {
          throw new InconsistentModelException("output %d is there twice".formatted(output));
        }
      }
    }
  }

  private static boolean areLevels(List<String> names) {
    Set<Double> levels = new HashSet<>();
    for (String name : names) {
      try {
        double level = Double.parseDouble(name);
        if (!(level > 0 && level < 1) || !levels.add(level)) {
          return false;
        }
      } catch (NumberFormatException e) {
        return false;
      }
    }
    return levels.contains(0.5);
  }

  /** How many readings each step has. */
  public int targets() {
    return parameters.get(0).outputs().size();
  }

  /** How many numbers of the output it takes. */
  public int outputs() {
    return parameters.size() * targets();
  }

  /** Whether paths can be drawn from it. */
  public boolean isDrawn() {
    return kind != Kind.QUANTILES;
  }

  /** The same, whose draws are readings by a scaler's inverse. */
  public Distribution with(@Nullable Scaler other) {
    return new Distribution(kind, parameters, other);
  }
}
