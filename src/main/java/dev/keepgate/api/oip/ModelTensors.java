package dev.keepgate.api.oip;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** How a model's tensors look in the protocol. */
final class ModelTensors {

  static final String X = "x";
  static final String H0 = "h0";
  static final String C0 = "c0";
  static final String LENGTHS = "lengths";
  static final String OUTPUT = "output";
  static final String H = "h";
  static final String C = "c";

  private ModelTensors() {}

  /**
   * @param shape -1 where the size is free
   * @param optional whether a request may leave it out
   */
  record Info(String name, String datatype, long[] shape, boolean optional) {}

  static List<Info> inputs(LstmConfig config) {
    List<Info> inputs = new ArrayList<>();
    inputs.add(
        config.takesIds()
            ? new Info(X, "INT64", new long[] {-1, -1}, false)
            : new Info(X, "FP32", new long[] {-1, -1, config.inputSize()}, false));
    inputs.addAll(state(config, H0, CellConfig::outputSize, true));
    inputs.addAll(state(config, C0, CellConfig::hiddenSize, true));
    inputs.add(new Info(LENGTHS, "INT64", new long[] {-1}, true));
    return inputs;
  }

  static List<Info> outputs(LstmConfig config) {
    List<Info> outputs = new ArrayList<>();
    outputs.add(new Info(OUTPUT, "FP32", new long[] {-1, -1, config.outputSize()}, false));
    outputs.addAll(state(config, H, CellConfig::outputSize, false));
    outputs.addAll(state(config, C, CellConfig::hiddenSize, false));
    return outputs;
  }

  /** One tensor of all cells; one a cell ({@code h0.0}, {@code h0.1}, ...) where sizes differ. */
  private static List<Info> state(
      LstmConfig config, String name, ToIntFunction<CellConfig> width, boolean optional) {
    List<CellConfig> cells = config.cells();
    if (config.hasUniformCells(width)) {
      long size = width.applyAsInt(cells.get(0));
      return List.of(new Info(name, "FP32", new long[] {cells.size(), -1, size}, optional));
    }
    List<Info> all = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      long size = width.applyAsInt(cells.get(i));
      all.add(new Info(name + "." + i, "FP32", new long[] {-1, size}, optional));
    }
    return all;
  }

  /** Whether {@link #inputs} has the name; asked of every request. */
  static boolean isInput(LstmConfig config, String name) {
    return name.equals(X)
        || name.equals(LENGTHS)
        || isState(config, name, H0, CellConfig::outputSize)
        || isState(config, name, C0, CellConfig::hiddenSize);
  }

  /** Whether {@link #outputs} has the name. */
  static boolean isOutput(LstmConfig config, String name) {
    return name.equals(OUTPUT)
        || isState(config, name, H, CellConfig::outputSize)
        || isState(config, name, C, CellConfig::hiddenSize);
  }

  private static boolean isState(
      LstmConfig config, String name, String state, ToIntFunction<CellConfig> width) {
    if (!name.startsWith(state)) {
      return false;
    }
    return config.hasUniformCells(width)
        ? name.equals(state)
        : state(config, state, width, true).stream().anyMatch(info -> info.name().equals(name));
  }

  static List<String> names(List<Info> infos) {
    return infos.stream().map(Info::name).toList();
  }
}
