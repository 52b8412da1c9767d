package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the layers that work on each step alone. */
final class KerasStepLayers {

  /** They do something only while a model is trained. */
  private static final Set<String> IDENTITIES =
      Set.of(
          "Dropout",
          "SpatialDropout1D",
          "GaussianNoise",
          "GaussianDropout",
          "AlphaDropout",
          "ActivityRegularization",
          "Identity");

  /** All that {@link #read} knows. */
  static final Set<String> CLASSES =
      Set.of(
          "Dense",
          "BatchNormalization",
          "LayerNormalization",
          "Masking",
          "Activation",
          "Softmax",
          "ReLU",
          "LeakyReLU",
          "ThresholdedReLU",
          "ELU");

  private final KerasVersion version;

  KerasStepLayers(KerasVersion version) {
    this.version = version;
  }

  static boolean isIdentity(KerasLayer layer) {
    return IDENTITIES.contains(layer.className());
  }

  /**
   * Reads a layer.
   *
   * @param part where its variables are
   * @param width how many features it takes; 0 where only its numbers tell
   * @param rank dimensions of what it takes
   * @return null where it is none that is known
   */
  @Nullable Layer read(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int width, int rank)
      throws IOException, ImportException {
    return switch (layer.className()) {
      case "Dense" -> dense(layer, weights, part);
      case "BatchNormalization" -> batchNormalization(layer, weights, part, rank);
      case "LayerNormalization" -> layerNormalization(layer, weights, part, rank);
      case "Masking" -> new Layer.Masking(known(layer, width), layer.number("mask_value", 0));
      case "Softmax" -> {
        checkAxis(layer, rank);
        yield activate(layer, width, Activation.SOFTMAX);
      }
      default -> {
        Activation activation = KerasActivations.ofLayer(layer, version);
        yield activation == null ? null : activate(layer, width, activation);
      }
    };
  }

  private static int known(KerasLayer layer, int width) throws ImportException {
    if (width < 1) {
      throw layer.unsupported("", "takes an unknown number of features; give the input a shape");
    }
    return width;
  }

  private static Layer activate(KerasLayer layer, int width, Activation activation)
      throws ImportException {
    return new Layer.Activate(known(layer, width), activation);
  }

  private Layer dense(KerasLayer layer, KerasWeights.OfLayer weights, String part)
      throws IOException, ImportException {
    int units = layer.size("units");
    int[] shape = weights.nextShape(part, 0);
    if (shape.length != 2 || shape[0] < 1) {
      throw layer.unsupported(
          "kernel", "expected shape [inputs, units], got " + Arrays.toString(shape));
    }
    Activation activation = KerasActivations.of(layer, "activation", version, Activation.LINEAR);
    float[] kernel = weights.next(part, 0, shape[0], units);
    return new Layer.Dense(
        shape[0],
        units,
        activation,
        kernel,
        layer.flag("use_bias", true) ? weights.next(part, 1, units) : new float[units]);
  }

  private static Layer batchNormalization(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int rank)
      throws IOException, ImportException {
    checkAxis(layer, rank);
    int size = features(layer, weights, part);
    int index = 0;
    float[] gamma = layer.flag("scale", true) ? weights.next(part, index++, size) : null;
    float[] beta = layer.flag("center", true) ? weights.next(part, index++, size) : null;
    float[] mean = weights.next(part, index++, size);
    float[] variance = weights.next(part, index, size);
    float epsilon = layer.number("epsilon", 1e-3);
    float[] scale = new float[size];
    float[] shift = new float[size];
    for (int j = 0; j < size; j++) {
      double factor = (gamma == null ? 1 : gamma[j]) / Math.sqrt((double) variance[j] + epsilon);
      scale[j] = (float) factor;
      shift[j] = (float) ((beta == null ? 0 : beta[j]) - mean[j] * factor);
    }
    return new Layer.Scale(scale, shift);
  }

  private static Layer layerNormalization(
      KerasLayer layer, KerasWeights.OfLayer weights, String part, int rank)
      throws IOException, ImportException {
    checkAxis(layer, rank);
    if (layer.flag("rms_scaling")) {
      throw layer.unsupported("rms_scaling", "is not supported");
    }
    boolean scaled = layer.flag("scale", true);
    boolean centered = layer.flag("center", true);
    if (!scaled && !centered) {
      throw layer.unsupported("", "without scale and center is not supported");
    }
    int size = features(layer, weights, part);
    float[] ones = new float[size];
    Arrays.fill(ones, 1);
    return new Layer.LayerNorm(
        layer.number("epsilon", 1e-3),
        scaled ? weights.next(part, 0, size) : ones,
        centered ? weights.next(part, scaled ? 1 : 0, size) : new float[size]);
  }

  private static int features(KerasLayer layer, KerasWeights.OfLayer weights, String part)
      throws ImportException {
    int[] shape = weights.nextShape(part, 0);
    if (shape.length != 1 || shape[0] < 1) {
      throw layer.unsupported("", "expected a vector, got shape " + Arrays.toString(shape));
    }
    return shape[0];
  }

  /** Only the features, which are the last axis, can be normalised step by step. */
  private static void checkAxis(KerasLayer layer, int rank) throws ImportException {
    JsonNode axis = layer.config().path("axis");
    JsonNode only = axis.isArray() && axis.size() == 1 ? axis.get(0) : axis;
    if (!only.isMissingNode() && only.asInt(0) != -1 && only.asInt(0) != rank - 1) {
      throw layer.unsupported("axis", "expected the last one, got " + axis);
    }
  }
}
