package dev.keepgate.kernel;

import dev.keepgate.kernel.PortableScratch.Slot;
import dev.keepgate.model.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Activations and clips in ND4J ops, in place; what they need beside is {@link Slot#BESIDE}. */
final class PortableFunctions {

  private PortableFunctions() {}

  /**
   * Bounds |x|.
   *
   * @param bound infinite for none
   */
  static void clipInPlace(INDArray x, float bound) {
    if (bound < Float.POSITIVE_INFINITY) {
      Transforms.min(x, bound, false);
      Transforms.max(x, -bound, false);
    }
  }

  /** Applies an activation; softmax goes down the columns of [features, steps]. */
  static void activateInPlace(Activation activation, INDArray x, PortableScratch scratch) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    switch (activation.kind()) {
      case LINEAR -> {}
      case TANH -> Transforms.tanh(x, false);
      case SIGMOID -> Transforms.sigmoid(x, false);
      case HARD_SIGMOID -> hardSigmoidInPlace(x, alpha, beta);
      case RELU -> Transforms.max(x, 0, false);
      case LEAKY_RELU -> joinInPlace(x, negative(x, scratch).muli(alpha));
      case THRESHOLDED_RELU -> BooleanIndexing.replaceWhere(x, 0, Conditions.lessThan(alpha));
      case SCALED_TANH -> {
        x.muli(beta);
        Transforms.tanh(x, false).muli(alpha);
      }
      case AFFINE -> x.muli(alpha).addi(beta);
      case ELU -> joinInPlace(x, exponentialUnit(x, alpha, scratch));
      case SELU -> {
        joinInPlace(x, exponentialUnit(x, alpha, scratch));
        x.muli(beta);
      }
      case SOFTSIGN -> x.divi(Transforms.abs(scratch.copy(Slot.BESIDE, x), false).addi(1));
      case SOFTPLUS -> softPlusInPlace(x, scratch);
      case SWISH -> x.muli(Transforms.sigmoid(scratch.copy(Slot.BESIDE, x), false));
      case GELU -> {
        INDArray phi = scratch.copy(Slot.BESIDE, x).muli(Math.sqrt(0.5));
        Nd4j.getExecutioner().exec(new Erf(phi, phi));
        x.muli(phi.addi(1).muli(0.5));
      }
      case MISH -> {
        INDArray factor = scratch.copy(Slot.BESIDE, x);
        // tanh(log(n)) = (n^2 - 1) / (n^2 + 1), and of e^20 it is 1.
        Transforms.exp(Transforms.min(factor, 20, false), false).addi(1);
        factor.muli(factor);
        x.muli(factor.addi(1).rdivi(-2).addi(1));
      }
      case HARD_SWISH -> x.muli(hardSigmoidInPlace(scratch.copy(Slot.BESIDE, x), alpha, beta));
      case CLIP -> {
        Transforms.min(x, beta, false);
        Transforms.max(x, alpha, false);
      }
      case TANH_SHRINK -> x.subi(Transforms.tanh(scratch.copy(Slot.BESIDE, x), false));
      case LOG_SIGMOID -> {
        x.negi();
        softPlusInPlace(x, scratch);
        x.negi();
      }
      case EXPONENTIAL -> Transforms.exp(x, false);
      case SOFTMAX -> softmaxInPlace(x);
      case LOG_SOFTMAX -> logSoftmaxInPlace(x);
    }
  }

  private static INDArray hardSigmoidInPlace(INDArray x, float alpha, float beta) {
    x.muli(alpha).addi(beta);
    Transforms.min(x, 1, false);
    return Transforms.max(x, 0, false);
  }

  private static INDArray negative(INDArray x, PortableScratch scratch) {
    return Transforms.min(scratch.copy(Slot.BESIDE, x), 0, false);
  }

  /** alpha * (exp(x) - 1) of what is negative. */
  private static INDArray exponentialUnit(INDArray x, float alpha, PortableScratch scratch) {
    return Transforms.exp(negative(x, scratch), false).subi(1).muli(alpha);
  }

  /** Leaves what is positive in x, and adds what became of the negative. */
  private static void joinInPlace(INDArray x, INDArray ofNegative) {
    Transforms.max(x, 0, false);
    x.addi(ofNegative);
  }

  /** max(x, 0) + log(1 + exp(-|x|)), which does not overflow. */
  private static void softPlusInPlace(INDArray x, PortableScratch scratch) {
    INDArray rest = Transforms.abs(scratch.copy(Slot.BESIDE, x), false).negi();
    Transforms.exp(rest, false).addi(1);
    joinInPlace(x, Transforms.log(rest, false));
  }

  /** The softmaxes are the only ones to allocate: numbers of a column, which a call needs once. */
  private static void softmaxInPlace(INDArray x) {
    try (INDArray largest = x.max(true, 0)) {
      x.subiRowVector(largest);
    }
    Transforms.exp(x, false);
    try (INDArray sum = x.sum(true, 0)) {
      x.diviRowVector(sum);
    }
  }

  private static void logSoftmaxInPlace(INDArray x) {
    try (INDArray largest = x.max(true, 0)) {
      x.subiRowVector(largest);
    }
    try (INDArray powers = Transforms.exp(x, true);
        INDArray sum = powers.sum(true, 0)) {
      x.subiRowVector(Transforms.log(sum, false));
    }
  }
}
