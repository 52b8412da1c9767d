package dev.keepgate.importer.framework.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterLayers;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.WeightMatrix;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A state dict of {@code torch.nn.LSTM}, {@code LSTMCell} or a list of such cells, alone or inside
 * a module with an embedding before it and a linear layer behind.
 */
public final class PytorchConvention implements TensorConvention {

  private static final Pattern FIRST = Pattern.compile("(|.*\\.)weight_ih(_l0)?");

  /** The number of a cell in an {@code nn.ModuleList}. */
  private static final Pattern LISTED = Pattern.compile("(|.*\\.)(0|[1-9]\\d{0,3})\\.");

  private static final Pattern WEIGHT = Pattern.compile("(|.*\\.)weight");

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> FIRST.matcher(tensor.name()).matches());
  }

  @Override
  public ImportedModel read(TensorFile file, ImportConfig config)
      throws IOException, ImportException {
    NamedTensors tensors = new NamedTensors(file);
    List<String> prefixes = choose(stacks(file.tensors().values()), config.prefix());
    List<Layer> lstm = new ArrayList<>();
    for (String prefix : prefixes) {
      lstm.addAll(new PytorchLayers(tensors, prefix, config).read());
    }
    List<WeightMatrix> linear = new ArrayList<>();
    List<WeightMatrix> embeddings = new ArrayList<>();
    for (TensorInfo tensor : file.tensors().values()) {
      Matcher weight = WEIGHT.matcher(tensor.name());
      if (tensor.shape().length == 2 && tensor.count() > 0 && weight.matches()) {
        TensorInfo bias = tensors.find(weight.group(1) + "bias");
        // An embedding has no bias, a linear layer mostly has.
        (bias == null ? embeddings : linear)
            .add(new WeightMatrix(tensor, bias, WeightMatrix.Layout.OUT_IN));
      }
    }
    return new ImportedModel(
        Network.chain(
            "pytorch",
            new OuterLayers(tensors, config, embeddings, linear).around(lstm),
            Objects.requireNonNullElse(config.returnSequences(), true),
            Summary.LAST_STEP),
        tensors.unused());
  }

  /**
   * The LSTMs of a file by name, each with what stands before the names of its tensors, such as
   * {@code encoder.lstm.}: several for a list of cells, bottom up.
   */
  private static Map<String, List<String>> stacks(Collection<TensorInfo> tensors) {
    Map<String, List<String>> stacks = new LinkedHashMap<>();
    Map<String, TreeSet<Integer>> listed = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors) {
      Matcher first = FIRST.matcher(tensor.name());
      if (first.matches()) {
        String prefix = String.valueOf(first.group(1));
        Matcher number = LISTED.matcher(prefix);
        if (first.group(2) == null && number.matches()) {
          listed
              .computeIfAbsent(String.valueOf(number.group(1)), name -> new TreeSet<>())
              .add(Integer.valueOf(number.group(2)));
        } else {
          stacks.put(prefix, List.of(prefix));
        }
      }
    }
    listed.forEach(
        (name, numbers) ->
            stacks.put(name, numbers.stream().map(number -> name + number + ".").toList()));
    return stacks;
  }

  private static List<String> choose(Map<String, List<String>> stacks, @Nullable String asked)
      throws ImportException {
    List<String> fitting =
        stacks.keySet().stream().filter(name -> asked == null || isCalled(name, asked)).toList();
    if (fitting.size() == 1) {
      return Objects.requireNonNull(stacks.get(fitting.get(0)));
    }
    if (asked == null) {
      throw ImportException.unsupported(
          "prefix",
          "the file has several LSTMs, name the one in config.prefix: " + stacks.keySet());
    }
    throw ImportException.config(
        "/config/prefix",
        "%s LSTM has the prefix '%s', of %s"
            .formatted(fitting.isEmpty() ? "no" : "more than one", asked, stacks.keySet()));
  }

  /** By the whole prefix, or by the end of it: wrappers put {@code module.} before all names. */
  private static boolean isCalled(String prefix, String asked) {
    String wanted = asked.isEmpty() || asked.endsWith(".") ? asked : asked + ".";
    return prefix.equals(wanted) || (!wanted.isEmpty() && prefix.endsWith("." + wanted));
  }
}
