package dev.keepgate.importer.framework;

import dev.keepgate.importer.file.TensorInfo;
import org.jspecify.annotations.Nullable;

/**
 * A matrix outside of an LSTM: an embedding's table or a dense layer's kernel.
 *
 * @param weight of two dimensions
 * @param bias of the layer; null where it has none
 * @param layout what its dimensions are
 */
public record WeightMatrix(TensorInfo weight, @Nullable TensorInfo bias, Layout layout) {

  /** What the dimensions of a matrix are. */
  public enum Layout {
    /** [vocabulary, features] */
    TABLE,
    /** [input, output] */
    IN_OUT,
    /** [output, input]: PyTorch */
    OUT_IN
  }

  /** Width of what a dense layer takes. */
  int inputSize() {
    return weight.shape()[layout == Layout.OUT_IN ? 1 : 0];
  }

  /** Width of what a dense layer gives. */
  int outputSize() {
    return weight.shape()[layout == Layout.OUT_IN ? 0 : 1];
  }

  /** Whether a user means it: by its whole name, or by its layer's. */
  boolean isCalled(String name) {
    String own = weight.name();
    return own.equals(name)
        || (own.startsWith(name)
            && own.length() > name.length()
            && "./:".indexOf(own.charAt(name.length())) >= 0);
  }

  @Override
  public String toString() {
    return weight.toString();
  }
}
