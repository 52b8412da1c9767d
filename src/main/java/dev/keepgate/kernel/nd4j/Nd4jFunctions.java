package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erfc;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Expm1;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log1p;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Activations and clips in ND4J ops, in place; their scratch array is {@link Slot#BESIDE}. */
final class Nd4jFunctions {

  /** From it on log(1 + exp(x)) is x, and its tanh 1. */
  private static final double LARGE = 40;

  private static final double TINY = 1e-7;

  /** What x - tanh(x) comes to at x = 0.0003, where its next term is a ten millionth of it. */
  private static final double SMALL_SHRUNK = 9e-12;

  private Nd4jFunctions() {}

  /**
   * Bounds |x|.
   *
   * @param bound infinite for none
   */
  static void clipInPlace(INDArray x, float bound) {
    if (bound < Float.POSITIVE_INFINITY) {
      atMost(x, bound);
      atLeast(x, -bound);
    }
  }

  /** Applies an activation; softmax goes down the columns of [features, steps]. */
  static void activateInPlace(Activation activation, INDArray x, Nd4jScratch scratch) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    switch (activation.kind()) {
      case LINEAR -> {}
      case SIGMOID -> Transforms.sigmoid(x, false);
      case RELU -> atLeast(x, 0);
      case LEAKY_RELU -> {
        INDArray negative = atMost(scratch.copy(Slot.BESIDE, x), 0);
        joinInPlace(x, negative.muli(alpha));
      }
      case THRESHOLDED_RELU -> BooleanIndexing.replaceWhere(x, 0, Conditions.lessThan(alpha));
      case SOFTSIGN -> x.divi(Transforms.abs(scratch.copy(Slot.BESIDE, x), false).addi(1));
      case CLIP -> {
        atMost(x, beta);
        atLeast(x, alpha);
      }
      case EXPONENTIAL -> Transforms.exp(x, false);
      case HARD_SHRINK -> BooleanIndexing.replaceWhere(x, 0, Conditions.absLessThanOrEqual(alpha));
      case THRESHOLD -> BooleanIndexing.replaceWhere(x, beta, Conditions.lessThanOrEqual(alpha));
      default -> {
        INDArray wide = scratch.copy(Slot.WIDE, x);
        activateWideInPlace(activation, wide, scratch.copy(Slot.BESIDE_WIDE, x));
        x.assign(wide);
      }
    }
  }

  /**
   * What takes numbers from each other, in double precision: so that what is left of a small result
   * is right.
   *
   * @param beside a copy of x
   */
  private static void activateWideInPlace(Activation activation, INDArray x, INDArray beside) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    switch (activation.kind()) {
      case TANH -> tanh(x, beside);
      case SCALED_TANH -> tanh(x.muli(beta), beside.muli(beta)).muli(alpha);
      case HARD_SIGMOID -> hardSigmoidInPlace(x, alpha, beta);
      case AFFINE -> x.muli(alpha).addi(beta);
      case ELU -> joinInPlace(x, exponentialUnit(beside, alpha));
      case SELU -> {
        joinInPlace(x, exponentialUnit(beside, alpha));
        x.muli(beta);
      }
      case SOFTPLUS -> softPlusInPlace(x, beside);
      case SWISH -> x.divi(Transforms.exp(beside.negi(), false).addi(1));
      case GELU -> {
        beside.muli(-Math.sqrt(0.5));
        Nd4j.getExecutioner().exec(new Erfc(beside, beside));
        x.muli(beside.muli(0.5));
      }
      case MISH -> mishInPlace(x, beside);
      case HARD_SWISH -> x.muli(hardSigmoidInPlace(beside, alpha, beta));
      case TANH_SHRINK -> tanhShrinkInPlace(x, beside);
      case LOG_SIGMOID -> {
        softPlusInPlace(x.negi(), beside);
        x.negi();
      }
      case CELU -> joinInPlace(x, exponentialUnit(beside.divi(alpha), alpha));
      case SQUAREPLUS -> squareplusInPlace(x, beside, alpha);
      case GELU_TANH -> {
        Transforms.pow(beside, 2, false).muli(0.044715).addi(1).muli(x);
        x.divi(Transforms.exp(beside.muli(-2 * Math.sqrt(2 / Math.PI)), false).addi(1));
      }
      case SOFT_SHRINK -> x.subi(atLeast(atMost(beside, alpha), -alpha));
      case SPARSE_PLUS -> {
        Transforms.pow(atLeast(atMost(beside, 1), -1).addi(1), 2, false).divi(4);
        atLeast(x.subi(1), 0).addi(beside);
      }
      case SOFTMAX -> softmaxInPlace(x);
      case LOG_SOFTMAX -> logSoftmaxInPlace(x, beside);
      default -> throw new IllegalArgumentException(activation + " needs no double precision");
    }
  }

  /** max(x, 0) + b / 2 / (|x| + sqrt(x^2 + b)), of which nothing cancels. */
  private static void squareplusInPlace(INDArray x, INDArray beside, float b) {
    try (INDArray root = Transforms.sqrt(Transforms.pow(beside, 2, true).addi(b), false)) {
      Transforms.abs(beside, false).addi(root).rdivi(b / 2);
    }
    atLeast(x, 0).addi(beside);
  }

  private static INDArray hardSigmoidInPlace(INDArray x, float alpha, float beta) {
    x.muli(alpha).addi(beta);
    return atLeast(atMost(x, 1), 0);
  }

  /** The smaller of each number and a bound; unlike ND4J's own minimum it keeps what is none. */
  private static INDArray atMost(INDArray x, double bound) {
    BooleanIndexing.replaceWhere(x, bound, Conditions.greaterThan(bound));
    return x;
  }

  /** The larger of each number and a bound, what is no number kept. */
  private static INDArray atLeast(INDArray x, double bound) {
    BooleanIndexing.replaceWhere(x, bound, Conditions.lessThan(bound));
    return x;
  }

  /**
   * Puts the argument back where it is tiny, of a function that then is its argument: ND4J computes
   * tanh, log1p and expm1 by differences of numbers near 1.
   */
  private static INDArray keepTiny(INDArray result, INDArray argument) {
    BooleanIndexing.replaceWhere(result, argument, Conditions.absLessThan(TINY));
    return result;
  }

  private static INDArray tanh(INDArray x, INDArray copy) {
    return keepTiny(Transforms.tanh(x, false), copy);
  }

  private static INDArray log1p(INDArray x) {
    try (INDArray copy = x.dup()) {
      return keepTiny(Nd4j.getExecutioner().exec(new Log1p(x, x)), copy);
    }
  }

  /** alpha * (exp(x) - 1) of what is negative. */
  private static INDArray exponentialUnit(INDArray x, float alpha) {
    atMost(x, 0);
    try (INDArray copy = x.dup()) {
      return keepTiny(Nd4j.getExecutioner().exec(new Expm1(x, x)), copy).muli(alpha);
    }
  }

  /** Leaves what is positive in x, and adds what became of the negative. */
  private static void joinInPlace(INDArray x, INDArray ofNegative) {
    atLeast(x, 0);
    x.addi(ofNegative);
  }

  /** max(x, 0) + log(1 + exp(-|x|)), which does not overflow. */
  private static void softPlusInPlace(INDArray x, INDArray beside) {
    Transforms.exp(Transforms.abs(beside, false).negi(), false);
    joinInPlace(x, log1p(beside));
  }

  private static void mishInPlace(INDArray x, INDArray beside) {
    Transforms.exp(atMost(beside, LARGE), false);
    log1p(beside);
    try (INDArray copy = beside.dup()) {
      x.muli(tanh(beside, copy));
    }
  }

  /** x - tanh(x), and x^3 / 3 where that is all of it: there little would be left of the others. */
  private static void tanhShrinkInPlace(INDArray x, INDArray beside) {
    try (INDArray tanh = Transforms.tanh(beside, true)) {
      x.subi(tanh);
    }
    Transforms.pow(beside, 3, false).divi(3);
    BooleanIndexing.replaceWhere(x, beside, Conditions.absLessThan(SMALL_SHRUNK));
  }

  /** Allocates numbers of a column, which a call needs once. */
  private static void softmaxInPlace(INDArray x) {
    subtractLargest(x);
    Transforms.exp(x, false);
    try (INDArray sum = x.sum(true, 0)) {
      x.diviRowVector(sum);
    }
  }

  /** The largest number's own power, which is 1, is counted last: the others may be little. */
  private static void logSoftmaxInPlace(INDArray x, INDArray powers) {
    subtractLargest(x);
    Transforms.exp(powers.assign(x), false);
    try (INDArray isLargest = powers.eq(1);
        INDArray largest = isLargest.castTo(DataType.DOUBLE);
        INDArray count = largest.sum(true, 0)) {
      // Conditions.equals takes all within 1e-5 of a number for equal to it.
      powers.subi(largest);
      try (INDArray others = powers.sum(true, 0)) {
        x.subiRowVector(log1p(others.addi(count.subi(1))));
      }
    }
  }

  private static void subtractLargest(INDArray x) {
    try (INDArray largest = x.max(true, 0)) {
      x.subiRowVector(largest);
    }
  }
}
