package dev.keepgate.importer.framework.flax;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One cell: a dense layer a gate for x and another for h, named by side and gate, such as {@code
 * ii, if, ig, io} and {@code hi, hf, hg, ho} of an LSTM; or in NNX' cells one for all gates, {@code
 * dense_i} and {@code dense_h}. Biases are added, but for that of a GRU's candidate on the side of
 * h, which its reset gate scales.
 *
 * @param kind by which its gates are called and ordered
 * @param names of its parameters
 */
record FlaxCell(NamedTensors tensors, Kind kind, Names names, int inputSize, int hiddenSize) {

  private static final Pattern PARAMETER =
      Pattern.compile("([ih][ifgorzn]?|dense_[ih])[./](kernel|bias)");

  /**
   * How a cell's parameters are called.
   *
   * @param scope before their names
   * @param dot between the parts of a name
   * @param joined whether one kernel holds all gates
   */
  record Names(String scope, String dot, boolean joined) {

    /** A parameter of a dense layer. */
    String of(String dense, String parameter) {
      return scope + dense + dot + parameter;
    }
  }

  /** The kinds of cells, each with its gates in our order and where a joined kernel has them. */
  enum Kind {
    LSTM("ifog", 0, 1, 3, 2),
    GRU("zrn", 1, 0, 2),
    RNN("", 0);

    private final String gates;

    // Never handed out but as a copy.
    @SuppressWarnings("ImmutableEnumChecker")
    private final int[] blocks;

    Kind(String gates, int... blocks) {
      this.gates = gates;
      this.blocks = blocks;
    }

    int blocks() {
      return blocks.length;
    }

    /** What a gate's dense layer is called, on one side. */
    String name(String side, int block) {
      return gates.isEmpty() ? side : side + gates.charAt(block);
    }

    private static @Nullable Kind ofBlocks(int count) {
      for (Kind kind : values()) {
        if (kind.blocks.length == count) {
          return kind;
        }
      }
      return null;
    }
  }

  /**
   * Finds out what a cell is.
   *
   * @param first what its first dense layer is called: {@code ii}, {@code ir}, {@code i} or {@code
   *     dense_i}
   */
  static FlaxCell of(NamedTensors tensors, String scope, String first, String dot)
      throws ImportException {
    boolean joined = first.equals("dense_i");
    TensorInfo kernel = matrix(tensors, scope + first + dot + "kernel");
    Kind kind =
        switch (first) {
          case "ii" -> Kind.LSTM;
          case "ir" -> Kind.GRU;
          case "i" -> Kind.RNN;
          default -> {
            TensorInfo recurrent = matrix(tensors, scope + "dense_h" + dot + "kernel");
            int[] shape = recurrent.shape();
            Kind found = shape[1] % shape[0] == 0 ? Kind.ofBlocks(shape[1] / shape[0]) : null;
            if (found == null || kernel.shape()[1] != shape[1]) {
              throw ImportException.unsupported(
                  recurrent.name(),
                  "expected shape [hidden, gates * hidden] beside %s, got %s"
                      .formatted(kernel, recurrent));
            }
            yield found;
          }
        };
    int hidden = kernel.shape()[1] / (joined ? kind.blocks() : 1);
    return new FlaxCell(tensors, kind, new Names(scope, dot, joined), kernel.shape()[0], hidden);
  }

  /** What stands before the names of its parameters. */
  String scope() {
    return names.scope();
  }

  private static TensorInfo matrix(NamedTensors tensors, String name) throws ImportException {
    TensorInfo kernel = tensors.get(name);
    if (kernel.shape().length != 2 || kernel.count() == 0) {
      throw ImportException.unsupported(
          name, "expected shape [input, gates * hidden], got " + kernel);
    }
    return kernel;
  }

  /** What its parameters' names begin with. */
  String name() {
    return scope().isEmpty() ? "" : scope().substring(0, scope().length() - 1);
  }

  /** All of its parameters. */
  List<TensorInfo> all() {
    return tensors.all().stream()
        .filter(
            tensor ->
                tensor.name().startsWith(scope())
                    && PARAMETER.matcher(tensor.name().substring(scope().length())).matches())
        .toList();
  }

  Cell read(ImportConfig config) throws IOException, ImportException {
    if (config.gateOrder() != null) {
      throw ImportException.config("/config/gate_order", "Flax names its gates");
    }
    float[] input = kernel("i", inputSize);
    float[] recurrent = kernel("h", hiddenSize);
    float[] bias = bias("i");
    float[] other = bias("h");
    if (kind == Kind.GRU) {
      return RecurrentCells.gru(
          RecurrentCells.gru(config, inputSize, hiddenSize, true), input, recurrent, bias, other);
    }
    for (int i = 0; i < bias.length; i++) {
      bias[i] += other[i];
    }
    if (kind == Kind.RNN) {
      return new RnnCell(RecurrentCells.rnn(config, inputSize, hiddenSize), input, recurrent, bias);
    }
    CellConfig cell =
        dev.keepgate.importer.framework.Cell.builder(config, inputSize, hiddenSize, 0).build();
    GateBlocks.addForgetBias(bias, hiddenSize, cell.forgetBias());
    return new LstmCell(cell, new CellWeights(input, recurrent, bias, null, null));
  }

  /**
   * The kernel of one side.
   *
   * @param side i or h
   */
  private float[] kernel(String side, int rows) throws IOException, ImportException {
    if (names.joined()) {
      float[] stored =
          tensors.read(names.of("dense_" + side, "kernel"), rows, kind.blocks() * hiddenSize);
      return GateBlocks.fromColumns(stored, 0, rows, hiddenSize, kind.blocks);
    }
    List<float[]> gates = new ArrayList<>();
    for (int block = 0; block < kind.blocks(); block++) {
      gates.add(tensors.read(names.of(kind.name(side, block), "kernel"), rows, hiddenSize));
    }
    return GateBlocks.fromGates(gates, rows, hiddenSize);
  }

  /** The biases of one side; zero where it has none. */
  private float[] bias(String side) throws IOException, ImportException {
    int width = kind.blocks() * hiddenSize;
    String name = names.of("dense_" + side, "bias");
    if (names.joined()) {
      return tensors.has(name)
          ? GateBlocks.fromVector(tensors.read(name, width), hiddenSize, kind.blocks)
          : new float[width];
    }
    List<String> biases = new ArrayList<>();
    for (int block = 0; block < kind.blocks(); block++) {
      biases.add(names.of(kind.name(side, block), "bias"));
    }
    List<float[]> gates = new ArrayList<>();
    for (int block = 0; block < kind.blocks(); block++) {
      // On the side of h, a GRU's candidate alone has one; else all gates have, or none.
      boolean isOfCandidate = kind == Kind.GRU && side.equals("h") && block == kind.blocks() - 1;
      boolean isWanted = isOfCandidate || biases.stream().limit(2).anyMatch(tensors::has);
      gates.add(isWanted ? tensors.read(biases.get(block), hiddenSize) : new float[hiddenSize]);
    }
    return GateBlocks.fromGates(gates, 1, hiddenSize);
  }
}
