package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Operation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Reduction;
import dev.keepgate.model.Window;
import java.io.IOException;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads a layer that sees more than one step, and is not recurrent. */
final class Dl4jStepLayers {

  private final Dl4jLayer layer;
  private final Dl4jParameters parameters;

  Dl4jStepLayers(Dl4jLayer layer, Dl4jParameters parameters) {
    this.layer = layer;
    this.parameters = parameters;
  }

  /** Whether an activation follows it. */
  boolean hasActivation() {
    return layer.kind().startsWith("Convolution1D");
  }

  Operation operation() throws IOException, ImportException {
    return switch (layer.kind()) {
      case "GlobalPoolingLayer" -> globalPooling();
      case "Subsampling1DLayer" -> pooling();
      case "ZeroPadding1DLayer" -> new ShapeOperation.Pad(pair("padding", 0), pair("padding", 1));
      case "Cropping1D" -> {
        int behind = pair("cropping", 1);
        yield new ShapeOperation.Slice(
            0, pair("cropping", 0), behind == 0 ? null : Integer.valueOf(-behind), false);
      }
      case "RepeatVector" -> new ShapeOperation.Repeat(layer.size("n"));
      default -> convolution();
    };
  }

  /**
   * The bias comes first; the kernel is read as [steps, inputs, outputs], whatever it is called.
   */
  private Operation convolution() throws IOException, ImportException {
    int inputs = layer.size("nin");
    int outputs = layer.size("nout");
    Window window = window();
    String format = layer.json().path("rnnDataFormat").asString("missing");
    if (!format.equals("NCW")) {
      throw layer.unsupported(
          "rnnDataFormat is %s, not NCW: releases before it lay their kernels otherwise"
              .formatted(format));
    }
    boolean hasBias = layer.json().path("hasBias").asBoolean(true);
    float[] bias = hasBias ? parameters.next(layer.name(), outputs) : new float[outputs];
    float[] kernel =
        parameters.next(layer.name(), Math.multiplyExact((long) outputs * inputs, window.size()));
    return new TensorOperation.Conv1d(window, inputs, outputs, 1, kernel, bias);
  }

  private Operation pooling() throws ImportException {
    String kind = layer.json().path("poolingType").asString("");
    if (!kind.equals("MAX") && !kind.equals("AVG")) {
      throw layer.unsupported("poolingType is %s, neither MAX nor AVG".formatted(kind));
    }
    Window window = window();
    boolean isPadded = window.padding() != Window.Padding.EXPLICIT || window.before() > 0;
    if (kind.equals("AVG") && isPadded) {
      throw layer.unsupported("a mean with padding is not supported");
    }
    return new TensorOperation.Pool1d(window, kind.equals("MAX"));
  }

  private Operation globalPooling() throws ImportException {
    String kind = layer.json().path("poolingType").asString("");
    Reduction reduction =
        switch (kind) {
          case "MAX" -> Reduction.MAX;
          case "AVG" -> Reduction.MEAN;
          case "SUM" -> Reduction.SUM;
          default ->
              throw layer.unsupported("poolingType is %s, none of MAX, AVG, SUM".formatted(kind));
        };
    JsonNode dimensions = layer.json().path("poolingDimensions");
    boolean isOfSteps = dimensions.isMissingNode() || dimensions.isNull();
    if (!isOfSteps || !layer.json().path("collapseDimensions").asBoolean(true)) {
      throw layer.unsupported("pools other dimensions than the steps");
    }
    return new TensorOperation.Reduce(reduction, Set.of(0), false);
  }

  private Window window() throws ImportException {
    int size = first("kernelSize", 1);
    int stride = first("stride", 1);
    int dilation = layer.json().path("dilation").isArray() ? first("dilation", 1) : 1;
    int padding = first("padding", 0);
    String mode = layer.json().path("convolutionMode").asString("Truncate");
    return switch (mode) {
      case "Strict", "Truncate" ->
          new Window(size, stride, dilation, Window.Padding.EXPLICIT, padding, padding);
      case "Same" -> new Window(size, stride, dilation, Window.Padding.SAME, 0, 0);
      case "Causal" -> new Window(size, stride, dilation, Window.Padding.CAUSAL, 0, 0);
      default -> throw layer.unsupported("convolutionMode is " + mode);
    };
  }

  /** The first of a list, which is along the steps; the second of some releases is 1 or 0. */
  private int first(String field, int least) throws ImportException {
    JsonNode value = layer.json().path(field);
    JsonNode number = value.isArray() ? value.path(0) : value;
    if (!number.isInt() || number.intValue() < least) {
      throw layer.unsupported("%s is %s".formatted(field, value));
    }
    return number.intValue();
  }

  private int pair(String field, int index) throws ImportException {
    JsonNode value = layer.json().path(field).path(index);
    if (!value.isInt() || value.intValue() < 0) {
      throw layer.unsupported("%s is %s".formatted(field, layer.json().path(field)));
    }
    return value.intValue();
  }
}
