package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterModules;
import dev.keepgate.importer.framework.OuterNames;
import dev.keepgate.importer.framework.forward.Module;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How variables around an LSTM are called in TensorFlow. */
final class VariableNames {

  /** Widths of what a cell takes and of what it gives. */
  record Widths(int input, int output) {}

  /** What only code says of a cell. */
  static final String ACTIVATIONS = "the cells' activation is tanh, that of their gates sigmoid";

  private static final Pattern CELL = Pattern.compile(".*(_cell|_wrapper)(_\\d+)?/.*");

  private static final OuterNames NAMES =
      new OuterNames(
          Map.of(
              "kernel", "bias",
              "_kernel", "bias",
              "weights", "biases",
              "weight", "bias",
              "softmax_w", "softmax_b",
              "W", "b",
              "w", "b"),
          Pattern.compile(
              "(.*/)?[^/]*embed[^/]*|(.*/)?[^/]*embed[^/]*/(weights|_?embeddings|w)|(.*/)?_embeddings"),
          false,
          "gamma",
          "beta",
          "moving_mean",
          "moving_variance",
          1e-3f,
          1e-3f);

  private VariableNames() {}

  /** The modules around the recurrent ones. */
  static List<Module> outerModules(NamedTensors tensors, List<Module> recurrent) {
    Set<String> ofCells =
        recurrent.stream()
            .flatMap(module -> module.tensors().stream())
            .map(TensorInfo::name)
            .collect(Collectors.toSet());
    return OuterModules.of(
        tensors,
        NAMES,
        tensor ->
            ofCells.contains(tensor.name())
                || CELL.matcher(tensor.name()).matches()
                || isOfCell(tensors, tensor.name()));
  }

  /** The tensors that have the scope of one of the kernels. */
  static List<TensorInfo> below(NamedTensors tensors, Collection<String> kernels) {
    List<String> scopes =
        kernels.stream().map(kernel -> kernel.substring(0, kernel.lastIndexOf('/') + 1)).toList();
    return tensors.all().stream()
        .filter(tensor -> scopes.stream().anyMatch(tensor.name()::startsWith))
        .toList();
  }

  private static boolean isOfCell(NamedTensors tensors, String name) {
    return name.matches("(.*/)?kernel(:0)?")
        && tensors.has(name.replaceAll("kernel(:0)?$", "recurrent_$0"));
  }

  /** The peepholes of a cell, which the gates have each in a variable: input, forget, output. */
  static float[] readPeepholes(
      NamedTensors tensors, String scope, List<String> names, String suffix, int hidden)
      throws IOException, ImportException {
    float[] peepholes = new float[3 * hidden];
    int gate = 0;
    for (String name : names) {
      System.arraycopy(
          tensors.read(scope + name + suffix, hidden), 0, peepholes, gate++ * hidden, hidden);
    }
    return peepholes;
  }
}
