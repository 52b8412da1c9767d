package dev.keepgate.model;

/**
 * An elementwise function of a gate, a cell or a dense layer.
 *
 * @param kind which function
 * @param alpha its first constant; 0 where the kind has none
 * @param beta its second constant; 0 where the kind has none
 */
public record Activation(Kind kind, float alpha, float beta) {

  /** The functions, with the ONNX operator's constants where it has them. */
  public enum Kind {
    /** x */
    LINEAR,
    /** tanh(x) */
    TANH,
    /** 1 / (1 + exp(-x)) */
    SIGMOID,
    /** clip(alpha * x + beta, 0, 1) */
    HARD_SIGMOID,
    /** max(x, 0) */
    RELU,
    /** x where x &ge; 0, else alpha * x */
    LEAKY_RELU,
    /** x where x &ge; alpha, else 0 */
    THRESHOLDED_RELU,
    /** alpha * tanh(beta * x) */
    SCALED_TANH,
    /** alpha * x + beta */
    AFFINE,
    /** x where x &ge; 0, else alpha * (exp(x) - 1) */
    ELU,
    /** beta * (x where x &ge; 0, else alpha * (exp(x) - 1)) */
    SELU,
    /** x / (1 + |x|) */
    SOFTSIGN,
    /** log(1 + exp(x)) */
    SOFTPLUS,
    /** x * sigmoid(x); also called SiLU */
    SWISH,
    /** x * Phi(x), by the error function */
    GELU,
    /** x * tanh(log(1 + exp(x))) */
    MISH,
    /** x * clip(alpha * x + beta, 0, 1) */
    HARD_SWISH,
    /** clip(x, alpha, beta) */
    CLIP,
    /** x - tanh(x) */
    TANH_SHRINK,
    /** -log(1 + exp(-x)) */
    LOG_SIGMOID,
    /** exp(x) */
    EXPONENTIAL,
    /** max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0) */
    CELU,
    /** (x + sqrt(x * x + alpha)) / 2 */
    SQUAREPLUS,
    /** x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2 */
    GELU_TANH,
    /** x where |x| &gt; alpha, else 0 */
    HARD_SHRINK,
    /** x - alpha where x &gt; alpha, x + alpha where x &lt; -alpha, else 0 */
    SOFT_SHRINK,
    /** x where x &gt; alpha, else beta */
    THRESHOLD,
    /** x where x &ge; 1, 0 where x &le; -1, else (x + 1)^2 / 4 */
    SPARSE_PLUS,
    /** exp(x) / sum(exp(x)) over a row; dense layers only */
    SOFTMAX,
    /** log(softmax(x)) over a row; dense layers only */
    LOG_SOFTMAX;

    /** Whether each number depends on its whole row. */
    public boolean isOfRow() {
      return this == SOFTMAX || this == LOG_SOFTMAX;
    }
  }

  /**
   * @throws InconsistentModelException if a constant is not one of its function's
   */
  public Activation {
    if ((kind == Kind.CELU || kind == Kind.SQUAREPLUS) && !(alpha > 0)) {
      throw new InconsistentModelException("the constant of %s is %s".formatted(kind, alpha));
    }
  }

  public static final Activation LINEAR = of(Kind.LINEAR);
  public static final Activation TANH = of(Kind.TANH);
  public static final Activation SIGMOID = of(Kind.SIGMOID);
  public static final Activation RELU = of(Kind.RELU);
  public static final Activation SOFTMAX = of(Kind.SOFTMAX);

  /** The function of Keras 1 and 2, and ONNX' default: clip(0.2 x + 0.5, 0, 1). */
  public static final Activation HARD_SIGMOID_FIFTH = new Activation(Kind.HARD_SIGMOID, 0.2f, 0.5f);

  /** The function of Keras 3: clip(x / 6 + 0.5, 0, 1). */
  public static final Activation HARD_SIGMOID_SIXTH =
      new Activation(Kind.HARD_SIGMOID, 1f / 6f, 0.5f);

  /** x * clip(x / 6 + 0.5, 0, 1); also called hard SiLU. */
  public static final Activation HARD_SWISH_SIXTH = new Activation(Kind.HARD_SWISH, 1f / 6f, 0.5f);

  /** An activation without constants. */
  public static Activation of(Kind kind) {
    return new Activation(kind, 0, 0);
  }
}
