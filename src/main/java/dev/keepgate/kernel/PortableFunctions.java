package dev.keepgate.kernel;

import dev.keepgate.model.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Activations and clips in ND4J ops. Each works in place; what it needs beside, it frees. */
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
  static void activateInPlace(Activation activation, INDArray x) {
    float alpha = activation.alpha();
    float beta = activation.beta();
    switch (activation.kind()) {
      case LINEAR -> {}
      case TANH -> Transforms.tanh(x, false);
      case SIGMOID -> Transforms.sigmoid(x, false);
      case HARD_SIGMOID -> {
        x.muli(alpha).addi(beta);
        Transforms.min(x, 1, false);
        Transforms.max(x, 0, false);
      }
      case RELU -> Transforms.max(x, 0, false);
      case LEAKY_RELU -> splitInPlace(x, negative -> negative.muli(alpha));
      case THRESHOLDED_RELU -> thresholdInPlace(x, alpha);
      case SCALED_TANH -> {
        x.muli(beta);
        Transforms.tanh(x, false).muli(alpha);
      }
      case AFFINE -> x.muli(alpha).addi(beta);
      case ELU -> eluInPlace(x, alpha);
      case SELU -> {
        eluInPlace(x, alpha);
        x.muli(beta);
      }
      case SOFTSIGN -> {
        try (INDArray size = Transforms.abs(x, true)) {
          x.divi(size.addi(1));
        }
      }
      case SOFTPLUS -> softPlusInPlace(x);
      case SWISH -> {
        try (INDArray gate = Transforms.sigmoid(x, true)) {
          x.muli(gate);
        }
      }
      case GELU -> {
        try (INDArray phi = x.mul(Math.sqrt(0.5))) {
          Nd4j.getExecutioner().exec(new Erf(phi, phi));
          x.muli(phi.addi(1).muli(0.5));
        }
      }
      case EXPONENTIAL -> Transforms.exp(x, false);
      case SOFTMAX -> softmaxInPlace(x);
      case LOG_SOFTMAX -> logSoftmaxInPlace(x);
    }
  }

  private interface InPlace {
    void apply(INDArray x);
  }

  /** Leaves what is positive and applies a function to what is negative. */
  private static void splitInPlace(INDArray x, InPlace ofNegative) {
    try (INDArray negative = Transforms.min(x, 0, true)) {
      ofNegative.apply(negative);
      Transforms.max(x, 0, false);
      x.addi(negative);
    }
  }

  private static void eluInPlace(INDArray x, float alpha) {
    splitInPlace(x, negative -> Transforms.exp(negative, false).subi(1).muli(alpha));
  }

  private static void thresholdInPlace(INDArray x, float threshold) {
    try (INDArray passes = x.gte(threshold);
        INDArray factor = passes.castTo(x.dataType())) {
      x.muli(factor);
    }
  }

  /** max(x, 0) + log(1 + exp(-|x|)), which does not overflow. */
  private static void softPlusInPlace(INDArray x) {
    try (INDArray rest = Transforms.abs(x, true).negi()) {
      Transforms.exp(rest, false).addi(1);
      Transforms.log(rest, false);
      Transforms.max(x, 0, false);
      x.addi(rest);
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

  private static void softmaxInPlace(INDArray x) {
    try (INDArray largest = x.max(true, 0)) {
      x.subiRowVector(largest);
    }
    Transforms.exp(x, false);
    try (INDArray sum = x.sum(true, 0)) {
      x.diviRowVector(sum);
    }
  }
}
