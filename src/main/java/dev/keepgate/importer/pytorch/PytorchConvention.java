package dev.keepgate.importer.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.tensor.GateBlocks;
import dev.keepgate.importer.tensor.TensorConvention;
import dev.keepgate.importer.tensor.TensorFile;
import dev.keepgate.importer.tensor.TensorInfo;
import dev.keepgate.importer.tensor.Tensors;
import dev.keepgate.model.Activation;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A state dict of {@code torch.nn.LSTM} or {@code LSTMCell}, alone or inside a module with an
 * embedding before it and a linear layer behind.
 */
public final class PytorchConvention implements TensorConvention {

  private static final String LAYER = "weight_ih_l0";
  private static final String CELL = "weight_ih";

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return !prefixes(tensors).isEmpty();
  }

  /** What stands before the names of each LSTM's tensors, such as {@code encoder.lstm.}. */
  private static List<String> prefixes(Collection<TensorInfo> tensors) {
    TreeSet<String> prefixes = new TreeSet<>();
    for (TensorInfo tensor : tensors) {
      for (String ending : List.of(LAYER, CELL)) {
        if (tensor.name().equals(ending) || tensor.name().endsWith("." + ending)) {
          prefixes.add(tensor.name().substring(0, tensor.name().length() - ending.length()));
        }
      }
    }
    return List.copyOf(prefixes);
  }

  @Override
  public ImportedModel read(TensorFile file, ImportConfig config)
      throws IOException, ImportException {
    Tensors tensors = new Tensors(file);
    String prefix = choosePrefix(prefixes(file.tensors().values()), config.prefix());
    List<LayerWeights> lstm = new PytorchLayers(tensors, prefix, config).read();
    LayerConfig first = lstm.get(0).config();
    LayerConfig last = lstm.get(lstm.size() - 1).config();
    List<LayerWeights> layers = new ArrayList<>();
    Optional<TensorInfo> table =
        choose(
            "embedding",
            config.embedding(),
            candidates(file, prefix, tensor -> tensor.shape()[1] == first.inputSize(), false));
    if (table.isPresent()) {
      int vocabulary = table.get().shape()[0];
      layers.add(
          new LayerWeights.Embedding(
              new LayerConfig.Embedding(vocabulary, first.inputSize(), false),
              tensors.read(table.get().name(), vocabulary, first.inputSize())));
    }
    layers.addAll(lstm);
    Optional<TensorInfo> head =
        choose(
            "head",
            config.head(),
            candidates(file, prefix, tensor -> tensor.shape()[1] == last.outputSize(), true));
    if (head.isPresent()) {
      layers.add(readHead(tensors, head.get(), last.outputSize(), config));
    }
    return new ImportedModel(
        LstmModel.of(
            "pytorch",
            layers,
            Objects.requireNonNullElse(config.returnSequences(), true),
            LstmConfig.Summary.LAST_STEP),
        tensors.unused());
  }

  private static String choosePrefix(List<String> prefixes, @Nullable String asked)
      throws ImportException {
    if (asked == null) {
      if (prefixes.size() > 1) {
        throw ImportException.unsupported(
            "prefix", "the file has several LSTMs, name one in config: " + prefixes);
      }
      return prefixes.get(0);
    }
    for (String prefix : prefixes) {
      if (prefix.equals(asked) || prefix.equals(asked + ".")) {
        return prefix;
      }
    }
    throw ImportException.config(
        "/config/prefix", "no LSTM has the prefix '%s', only %s".formatted(asked, prefixes));
  }

  private interface Fits {
    boolean test(TensorInfo tensor);
  }

  /**
   * Weights of two dimensions outside of the LSTM. An embedding has no bias; a linear layer mostly
   * has, so where both would do, the bias decides.
   */
  private static List<TensorInfo> candidates(
      TensorFile file, String prefix, Fits fits, boolean withBias) {
    return file.tensors().values().stream()
        .filter(tensor -> tensor.name().endsWith("weight") && tensor.shape().length == 2)
        .filter(tensor -> !tensor.name().startsWith(prefix + "weight_"))
        .filter(fits::test)
        .filter(tensor -> file.tensors().containsKey(biasOf(tensor.name())) == withBias)
        .toList();
  }

  private static String biasOf(String weight) {
    return weight.substring(0, weight.length() - "weight".length()) + "bias";
  }

  private static Optional<TensorInfo> choose(
      String field, @Nullable String asked, List<TensorInfo> candidates) throws ImportException {
    if (asked != null) {
      for (TensorInfo candidate : candidates) {
        if (candidate.name().equals(asked) || candidate.name().equals(asked + ".weight")) {
          return Optional.of(candidate);
        }
      }
      throw ImportException.config(
          "/config/" + field, "no tensor '%s' fits there, only %s".formatted(asked, candidates));
    }
    if (candidates.size() > 1) {
      throw ImportException.unsupported(
          field, "several tensors would fit there, name one in config: " + candidates);
    }
    return candidates.stream().findFirst();
  }

  private static LayerWeights.Dense readHead(
      Tensors tensors, TensorInfo weight, int width, ImportConfig config)
      throws IOException, ImportException {
    int out = weight.shape()[0];
    Activation activation = Objects.requireNonNullElse(config.headActivation(), Activation.LINEAR);
    return new LayerWeights.Dense(
        new LayerConfig.Dense(width, out, activation),
        GateBlocks.transpose(tensors.read(weight.name(), out, width), out, width),
        tensors.read(biasOf(weight.name()), out));
  }
}
