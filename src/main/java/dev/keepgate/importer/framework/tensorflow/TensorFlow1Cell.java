package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.Cell;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * The variables of one cell, by the name of its kernel [input + h, 4 * hidden]. All of TensorFlow
 * 1's cells have their gates in the order i, g, f, o, block cells included, which call g "ci".
 */
final class TensorFlow1Cell {

  private static final float FORGET_BIAS = 1;
  private static final List<String> PEEPHOLES = List.of("w_i_diag", "w_f_diag", "w_o_diag");

  private final NamedTensors tensors;
  private final String kernel;
  private final String scope;
  private final String suffix;
  private final ImportConfig config;
  private final GateOrder order;

  TensorFlow1Cell(NamedTensors tensors, String kernel, ImportConfig config) {
    this.tensors = tensors;
    this.kernel = kernel;
    this.scope = kernel.substring(0, kernel.lastIndexOf('/') + 1);
    this.suffix = kernel.endsWith(":0") ? ":0" : "";
    this.config = config;
    this.order = Objects.requireNonNullElse(config.gateOrder(), GateOrder.IGFO);
  }

  Cell read() throws IOException, ImportException {
    CellConfig cell = readConfig();
    int input = cell.inputSize();
    int hidden = cell.hiddenSize();
    int state = cell.outputSize();
    float[] both = tensors.read(kernel, input + state, 4 * hidden);
    return new Cell(
        cell,
        new CellWeights(
            GateBlocks.fromColumns(both, 0, input, hidden, order),
            GateBlocks.fromColumns(both, input, state, hidden, order),
            readBias(hidden, cell.forgetBias()),
            cell.peepholes()
                ? VariableNames.readPeepholes(tensors, scope, PEEPHOLES, suffix, hidden)
                : null,
            cell.projectionSize() == 0
                ? null
                : tensors.read(projection(), hidden, cell.projectionSize())));
  }

  /** Its equations, told by the shapes of its variables. */
  CellConfig readConfig() throws ImportException {
    TensorInfo info = tensors.get(kernel);
    if (info.shape().length != 2 || info.shape()[1] % 4 != 0 || info.count() == 0) {
      throw ImportException.unsupported(
          kernel, "expected shape [input + hidden, 4 * hidden], got " + info);
    }
    int hidden = info.shape()[1] / 4;
    TensorInfo projection = tensors.find(projection());
    if (projection != null && (projection.shape().length != 2 || projection.count() == 0)) {
      throw ImportException.unsupported(
          projection.name(), "expected shape [%d, projection]".formatted(hidden));
    }
    int projected = projection == null ? 0 : projection.shape()[1];
    int state = projected > 0 ? projected : hidden;
    int input = info.shape()[0] - state;
    if (input < 1) {
      throw ImportException.unsupported(
          kernel, "expected more than %d rows, got %s".formatted(state, info));
    }
    boolean isCudnn = scope.contains("cudnn_compatible_lstm_cell");
    return Cell.builder(config, input, hidden, isCudnn ? 0 : FORGET_BIAS)
        .projectionSize(projected)
        .peepholes(tensors.has(scope + PEEPHOLES.get(0) + suffix))
        .build();
  }

  private String projection() {
    String name = scope + "projection/kernel" + suffix;
    return tensors.has(name) ? name : scope + "projection/weights" + suffix;
  }

  private float[] readBias(int hidden, float forgetBias) throws IOException, ImportException {
    String name = scope + (tensors.has(scope + "biases" + suffix) ? "biases" : "bias") + suffix;
    float[] bias = GateBlocks.fromVector(tensors.read(name, 4 * hidden), hidden, order);
    GateBlocks.addForgetBias(bias, hidden, forgetBias);
    return bias;
  }
}
