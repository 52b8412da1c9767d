package dev.keepgate.importer.framework.flax;

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
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One cell: a dense layer a gate for x, {@code ii, if, ig, io}, and for h, {@code hi, hf, hg, ho};
 * or in NNX' optimized cell one for all gates, {@code dense_i} and {@code dense_h}. Biases are
 * mostly on the side of h; both sides' are added.
 *
 * @param scope before the names of its parameters
 * @param dot between the parts of a name
 * @param joined whether one kernel holds all gates
 */
record FlaxCell(
    NamedTensors tensors, String scope, String dot, boolean joined, int inputSize, int hiddenSize) {

  private static final Pattern PARAMETER =
      Pattern.compile("([ih][ifgo]|dense_[ih])[./](kernel|bias)");

  /** Our order of the gates. */
  private static final List<String> GATES = List.of("i", "f", "o", "g");

  static FlaxCell of(NamedTensors tensors, String scope, String dot) throws ImportException {
    boolean joined = tensors.has(scope + "dense_i" + dot + "kernel");
    TensorInfo kernel = tensors.get(scope + (joined ? "dense_i" : "ii") + dot + "kernel");
    int gates = joined ? 4 : 1;
    if (kernel.shape().length != 2 || kernel.count() == 0 || kernel.shape()[1] % gates != 0) {
      throw ImportException.unsupported(
          kernel.name(), "expected shape [input, %d * hidden], got %s".formatted(gates, kernel));
    }
    return new FlaxCell(tensors, scope, dot, joined, kernel.shape()[0], kernel.shape()[1] / gates);
  }

  /** What its parameters' names begin with. */
  String name() {
    return scope.isEmpty() ? "" : scope.substring(0, scope.length() - 1);
  }

  /** All of its parameters. */
  List<TensorInfo> all() {
    return tensors.all().stream()
        .filter(
            tensor ->
                tensor.name().startsWith(scope)
                    && PARAMETER.matcher(tensor.name().substring(scope.length())).matches())
        .toList();
  }

  Cell read(ImportConfig config) throws IOException, ImportException {
    if (config.gateOrder() != null) {
      throw ImportException.config("/config/gate_order", "Flax names its gates");
    }
    CellConfig cell = Cell.builder(config, inputSize, hiddenSize, 0).build();
    float[] bias = new float[4 * hiddenSize];
    addBias(bias, "i");
    addBias(bias, "h");
    GateBlocks.addForgetBias(bias, hiddenSize, cell.forgetBias());
    return new Cell(
        cell, new CellWeights(kernel("i", inputSize), kernel("h", hiddenSize), bias, null, null));
  }

  /**
   * The kernel of one side.
   *
   * @param side i or h
   */
  private float[] kernel(String side, int rows) throws IOException, ImportException {
    if (joined) {
      String name = scope + "dense_" + side + dot + "kernel";
      return GateBlocks.fromColumns(
          tensors.read(name, rows, 4 * hiddenSize), 0, rows, hiddenSize, GateOrder.IFGO);
    }
    List<float[]> gates = new ArrayList<>();
    for (String gate : GATES) {
      gates.add(tensors.read(scope + side + gate + dot + "kernel", rows, hiddenSize));
    }
    return GateBlocks.fromGates(gates, rows, hiddenSize);
  }

  private void addBias(float[] bias, String side) throws IOException, ImportException {
    if (joined) {
      String name = scope + "dense_" + side + dot + "bias";
      if (tensors.has(name)) {
        add(
            bias,
            0,
            GateBlocks.fromVector(tensors.read(name, 4 * hiddenSize), hiddenSize, GateOrder.IFGO));
      }
      return;
    }
    List<String> names = GATES.stream().map(gate -> scope + side + gate + dot + "bias").toList();
    if (names.stream().noneMatch(tensors::has)) {
      return;
    }
    for (int gate = 0; gate < 4; gate++) {
      add(bias, gate * hiddenSize, tensors.read(names.get(gate), hiddenSize));
    }
  }

  private static void add(float[] sum, int offset, float[] part) {
    for (int i = 0; i < part.length; i++) {
      sum[offset + i] += part[i];
    }
  }
}
