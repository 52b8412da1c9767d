package dev.keepgate.importer.framework.tensorflow;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterLayers;
import dev.keepgate.importer.framework.WeightMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How variables around an LSTM are called in TensorFlow. */
final class VariableNames {

  /** The ending of a dense layer's kernel, and that of its bias. */
  private static final Map<String, String> BIASES =
      Map.of(
          "kernel", "bias",
          "weights", "biases",
          "weight", "bias",
          "softmax_w", "softmax_b",
          "W", "b",
          "w", "b");

  private static final Pattern KERNEL =
      Pattern.compile("(.*/)?(kernel|weights|weight|softmax_w|W|w)(:0)?");
  private static final Pattern TABLE =
      Pattern.compile(
          "(.*/)?[^/]*embed[^/]*(:0)?|(.*/)?[^/]*embed[^/]*/(weights|embeddings|w)(:0)?");
  private static final Pattern CELL = Pattern.compile(".*(_cell|_wrapper)(_\\d+)?/.*");

  private VariableNames() {}

  static OuterLayers outerLayers(NamedTensors tensors, ImportConfig config) {
    List<WeightMatrix> tables = new ArrayList<>();
    List<WeightMatrix> kernels = new ArrayList<>();
    for (TensorInfo tensor : tensors.all()) {
      String name = tensor.name();
      if (tensor.shape().length != 2 || tensor.count() == 0 || isOfCell(tensors, name)) {
        continue;
      }
      Matcher kernel = KERNEL.matcher(name);
      if (TABLE.matcher(name.toLowerCase(Locale.ROOT)).matches() && !isSlot(tensors, name)) {
        tables.add(new WeightMatrix(tensor, null, WeightMatrix.Layout.TABLE));
      } else if (kernel.matches()) {
        TensorInfo bias = tensors.find(biasOf(kernel));
        kernels.add(new WeightMatrix(tensor, bias, WeightMatrix.Layout.IN_OUT));
      }
    }
    return new OuterLayers(tensors, config, tables, kernels);
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

  private static String biasOf(Matcher kernel) {
    return (kernel.group(1) == null ? "" : kernel.group(1))
        + BIASES.get(kernel.group(2))
        + (kernel.group(3) == null ? "" : kernel.group(3));
  }

  private static boolean isOfCell(NamedTensors tensors, String name) {
    Matcher kernel = KERNEL.matcher(name);
    return CELL.matcher(name).matches()
        || (kernel.matches()
            && name.contains("kernel")
            && tensors.has(name.replaceAll("kernel(:0)?$", "recurrent_$0")));
  }

  /** What an optimizer keeps of a variable is called after it, as in {@code embedding/Adam}. */
  private static boolean isSlot(NamedTensors tensors, String name) {
    int slash = name.lastIndexOf('/');
    return slash > 0 && tensors.has(name.substring(0, slash));
  }

  /**
   * The LSTM that is meant.
   *
   * @param prefix a scope, or what the names of the variables of just one LSTM begin with
   * @param kernels of each LSTM, by scope
   * @throws ImportException that lists the LSTMs if it is none or not the only one
   */
  static String choose(@Nullable String prefix, Map<String, ? extends Collection<String>> kernels)
      throws ImportException {
    if (prefix == null && kernels.size() > 1) {
      throw ImportException.unsupported(
          "prefix",
          "the file has several LSTMs, name the one in config.prefix: " + kernels.keySet());
    }
    List<String> fitting = new ArrayList<>();
    for (Map.Entry<String, ? extends Collection<String>> scope : kernels.entrySet()) {
      if (prefix == null || scope.getKey().equals(prefix) || scope.getKey().equals(prefix + "/")) {
        return scope.getKey();
      }
      if (scope.getValue().stream().anyMatch(kernel -> kernel.startsWith(prefix))) {
        fitting.add(scope.getKey());
      }
    }
    if (fitting.size() == 1) {
      return fitting.get(0);
    }
    throw ImportException.config(
        "/config/prefix",
        "%s LSTM has the prefix '%s', of %s"
            .formatted(fitting.isEmpty() ? "no" : "more than one", prefix, kernels.keySet()));
  }
}
