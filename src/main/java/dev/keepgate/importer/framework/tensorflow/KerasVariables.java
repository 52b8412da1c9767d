package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.forward.Module;
import dev.keepgate.importer.framework.forward.Modules;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.Layer.Recurrent;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Variables of Keras' recurrent layers as checkpoints of TensorFlow have them, without the layers'
 * configuration: {@code lstm/cell/recurrent_kernel}, {@code
 * bidirectional/forward_layer/cell/recurrent_kernel}. The layers stand in the file's order.
 */
public final class KerasVariables implements TensorConvention {

  private static final String RECURRENT = "recurrent_kernel";

  private static final List<String> PEEPHOLES =
      List.of(
          "input_gate_peephole_weights",
          "forget_gate_peephole_weights",
          "output_gate_peephole_weights");

  /**
   * Where a recurrent kernel belongs.
   *
   * @param layer everything before the direction and the cell, which are layers inside a layer
   */
  private record Place(String layer, boolean backward) {

    static Place of(String name) {
      List<String> path = new ArrayList<>(List.of(name.split("/", -1)));
      dropLast(path);
      if (!path.isEmpty() && path.get(path.size() - 1).contains("cell")) {
        dropLast(path);
      }
      String last = path.isEmpty() ? "" : path.get(path.size() - 1);
      boolean backward = last.startsWith("backward_");
      if (backward || last.startsWith("forward_")) {
        dropLast(path);
      }
      return new Place(String.join("/", path), backward);
    }

    private static void dropLast(List<String> path) {
      path.remove(path.size() - 1);
    }
  }

  /** The recurrent kernels of one layer. */
  private static final class Layer {
    private @Nullable String forward;
    private @Nullable String backward;
  }

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> isRecurrent(tensor.name()));
  }

  private static boolean isRecurrent(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    return last.equals(RECURRENT) || last.equals(RECURRENT + ":0");
  }

  @Override
  public Modules modules(NamedTensors tensors, ImportConfig config) throws ImportException {
    List<Module> modules = new ArrayList<>();
    for (Map.Entry<String, Layer> each : layers(tensors).entrySet()) {
      modules.add(module(tensors, each.getKey(), each.getValue(), config));
    }
    modules.addAll(VariableNames.outerModules(tensors, modules));
    List<String> assumed = new ArrayList<>();
    assumed.add("layers of one direction read forward");
    if (config.activation() == null && config.recurrentActivation() == null) {
      assumed.add(VariableNames.ACTIVATIONS);
    }
    if (config.bidirectionalMerge() == null && isBidirectional(tensors)) {
      assumed.add("two directions are merged by concat");
    }
    return new Modules(
        "keras", Summary.FINAL_STATE, isInOrder(tensors), sorted(tensors, modules), assumed);
  }

  private static Module module(NamedTensors tensors, String name, Layer layer, ImportConfig config)
      throws ImportException {
    List<String> recurrent =
        Stream.of(layer.forward, layer.backward).filter(Objects::nonNull).toList();
    int width = 0;
    for (String each : recurrent) {
      width += tensors.get(each).shape().length == 2 ? tensors.get(each).shape()[0] : 0;
    }
    if (recurrent.size() == 2
        && tensors.has(biasOf(recurrent.get(0))) != tensors.has(biasOf(recurrent.get(1)))) {
      throw ImportException.unsupported(name, "one of its two directions has lost its bias");
    }
    boolean sums =
        recurrent.size() == 2
            && Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT)
                != Merge.CONCAT;
    TensorInfo kernel = tensors.get(kernelOf(recurrent.get(0)));
    return new Module(
        name,
        Module.Kind.RECURRENT,
        kernel.shape().length == 2 ? kernel.shape()[0] : 0,
        sums ? width / 2 : width,
        VariableNames.below(tensors, recurrent),
        options -> List.of(readLayer(tensors, layer, options.of(config))));
  }

  private static String kernelOf(String recurrent) {
    return recurrent.replaceFirst("recurrent_(?=kernel(:0)?$)", "");
  }

  private static String biasOf(String recurrent) {
    return recurrent.replaceFirst("recurrent_kernel(?=(:0)?$)", "bias");
  }

  private static boolean isBidirectional(NamedTensors tensors) throws ImportException {
    return layers(tensors).values().stream().anyMatch(layer -> layer.backward != null);
  }

  /** In the file's order, where that is said to count. */
  private static List<Module> sorted(NamedTensors tensors, List<Module> modules) {
    List<TensorInfo> order = List.copyOf(tensors.all());
    return modules.stream()
        .sorted(Comparator.comparingInt(module -> order.indexOf(module.tensors().get(0))))
        .toList();
  }

  /** Whether a layer's variables are in Keras' own order, which sorting their names would undo. */
  private static boolean isInOrder(NamedTensors tensors) {
    List<String> names = tensors.all().stream().map(TensorInfo::name).toList();
    boolean any = false;
    for (String name : names) {
      int kernel = isRecurrent(name) ? names.indexOf(kernelOf(name)) : -1;
      int bias = names.indexOf(biasOf(name));
      if (kernel >= 0 && bias >= 0) {
        int recurrent = names.indexOf(name);
        if (kernel > recurrent || recurrent > bias) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  private static Map<String, Layer> layers(NamedTensors tensors) throws ImportException {
    Map<String, Layer> layers = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors.all()) {
      String name = tensor.name();
      if (!isRecurrent(name)) {
        continue;
      }
      Place place = Place.of(name);
      Layer layer = layers.computeIfAbsent(place.layer(), scope -> new Layer());
      if ((place.backward() ? layer.backward : layer.forward) != null) {
        throw ImportException.unsupported(
            name, "the layer '%s' has several cells".formatted(place.layer()));
      }
      if (place.backward()) {
        layer.backward = name;
      } else {
        layer.forward = name;
      }
    }
    return layers;
  }

  private static Recurrent readLayer(NamedTensors tensors, Layer layer, ImportConfig config)
      throws IOException, ImportException {
    Cell forward = layer.forward == null ? null : readCell(tensors, layer.forward, config);
    Cell backward = layer.backward == null ? null : readCell(tensors, layer.backward, config);
    // Keras repeats the last output where a step is masked, but zeroes it between two directions.
    return new Recurrent(
        forward,
        backward,
        Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT),
        false,
        backward == null);
  }

  private static Cell readCell(NamedTensors tensors, String recurrent, ImportConfig config)
      throws IOException, ImportException {
    int at = recurrent.lastIndexOf(RECURRENT);
    String scope = recurrent.substring(0, at);
    String suffix = recurrent.substring(at + RECURRENT.length());
    TensorInfo square = tensors.get(recurrent);
    TensorInfo kernel = tensors.get(scope + "kernel" + suffix);
    int[] shape = square.shape();
    boolean areMatrices =
        shape.length == 2
            && square.count() > 0
            && kernel.shape().length == 2
            && kernel.count() > 0
            && shape[1] % shape[0] == 0;
    return switch (areMatrices ? shape[1] / shape[0] : 0) {
      case 1 -> cell(tensors, scope, suffix, kernel, shape[0]).readSimple(config);
      case GruCell.BLOCKS -> cell(tensors, scope, suffix, kernel, shape[0]).readGru(config);
      case 4 -> readLstm(tensors, recurrent, kernel, config);
      default ->
          throw ImportException.unsupported(
              recurrent,
              "expected [input, gates * hidden] and [hidden, gates * hidden] of 4, 3 or 1 gates, got"
                  + " %s and %s".formatted(kernel, square));
    };
  }

  private static KerasCellVariables cell(
      NamedTensors tensors, String scope, String suffix, TensorInfo kernel, int hidden) {
    return new KerasCellVariables(tensors, scope, suffix, kernel.shape()[0], hidden);
  }

  private static Cell readLstm(
      NamedTensors tensors, String recurrent, TensorInfo kernel, ImportConfig config)
      throws IOException, ImportException {
    int at = recurrent.lastIndexOf(RECURRENT);
    String scope = recurrent.substring(0, at);
    String suffix = recurrent.substring(at + RECURRENT.length());
    int hidden = tensors.get(recurrent).shape()[0];
    int input = kernel.shape()[0];
    GateOrder order = Objects.requireNonNullElse(config.gateOrder(), GateOrder.IFGO);
    boolean peepholes = tensors.has(scope + PEEPHOLES.get(0) + suffix);
    CellConfig cell =
        dev.keepgate.importer.framework.Cell.builder(config, input, hidden, 0)
            .peepholes(peepholes)
            .build();
    String biasName = scope + "bias" + suffix;
    float[] bias =
        tensors.has(biasName)
            ? GateBlocks.fromVector(tensors.read(biasName, 4 * hidden), hidden, order)
            : new float[4 * hidden];
    GateBlocks.addForgetBias(bias, hidden, cell.forgetBias());
    return new LstmCell(
        cell,
        new CellWeights(
            GateBlocks.fromColumns(
                tensors.read(kernel.name(), input, 4 * hidden), 0, input, hidden, order),
            GateBlocks.fromColumns(
                tensors.read(recurrent, hidden, 4 * hidden), 0, hidden, hidden, order),
            bias,
            peepholes
                ? VariableNames.readPeepholes(tensors, scope, PEEPHOLES, suffix, hidden)
                : null,
            null));
  }
}
