package dev.keepgate.model;

/**
 * One operation on the numbers of a column. A scaler keeps its operations in the order of the
 * library that fitted it, for rounding depends on the order.
 */
public sealed interface ScalerStep {

  /** From the readings' side to the model's. */
  double apply(double value);

  /** Back; a number that was clipped stays at the range's end. */
  double invert(double value);

  /** Takes a finite amount away. */
  record Subtract(double amount) implements ScalerStep {
    public Subtract {
      finite(amount);
    }

    @Override
    public double apply(double value) {
      return value - amount;
    }

    @Override
    public double invert(double value) {
      return value + amount;
    }
  }

  /** Adds a finite amount. */
  record Add(double amount) implements ScalerStep {
    public Add {
      finite(amount);
    }

    @Override
    public double apply(double value) {
      return value + amount;
    }

    @Override
    public double invert(double value) {
      return value - amount;
    }
  }

  /** Multiplies by a finite factor other than zero. */
  record Multiply(double factor) implements ScalerStep {
    public Multiply {
      nonZero(factor);
    }

    @Override
    public double apply(double value) {
      return value * factor;
    }

    @Override
    public double invert(double value) {
      return value / factor;
    }
  }

  /** Divides by a finite number other than zero. */
  record Divide(double divisor) implements ScalerStep {
    public Divide {
      nonZero(divisor);
    }

    @Override
    public double apply(double value) {
      return value / divisor;
    }

    @Override
    public double invert(double value) {
      return value * divisor;
    }
  }

  /** Moves what lies outside of a range to its nearer end. */
  record Clip(double lower, double upper) implements ScalerStep {
    public Clip {
      finite(lower);
      finite(upper);
      if (lower > upper) {
        throw new InconsistentModelException(
            "a scaler's range ends at %s, before it begins at %s".formatted(upper, lower));
      }
    }

    @Override
    public double apply(double value) {
      return Math.min(Math.max(value, lower), upper);
    }

    @Override
    public double invert(double value) {
      return value;
    }
  }

  private static void finite(double value) {
    if (!Double.isFinite(value)) {
      throw new InconsistentModelException("a scaler has the number " + value);
    }
  }

  private static void nonZero(double value) {
    finite(value);
    if (value == 0) {
      throw new InconsistentModelException("a scaler has a scale of 0, which nothing undoes");
    }
  }
}
