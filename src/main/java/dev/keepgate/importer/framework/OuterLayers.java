package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The embedding before an LSTM and the dense layer behind it, told by their shapes. Where a file
 * leaves a choice, the configuration has to make it: a wrong guess would be a wrong answer.
 */
public final class OuterLayers {

  private final NamedTensors tensors;
  private final ImportConfig config;
  private final List<WeightMatrix> tables;
  private final List<WeightMatrix> kernels;

  /**
   * @param tables what may be an embedding
   * @param kernels what may be a dense layer
   */
  public OuterLayers(
      NamedTensors tensors,
      ImportConfig config,
      List<WeightMatrix> tables,
      List<WeightMatrix> kernels) {
    this.tensors = tensors;
    this.config = config;
    this.tables = tables;
    this.kernels = kernels;
  }

  /** The LSTM's layers with what is around them. */
  public List<Layer> around(List<? extends Layer> lstm) throws IOException, ImportException {
    List<Layer> layers = new ArrayList<>();
    int input = lstm.get(0).inputSize();
    int output = lstm.get(lstm.size() - 1).outputSize();
    WeightMatrix table = embedding(input);
    if (table != null) {
      layers.add(readEmbedding(table));
    }
    layers.addAll(lstm);
    WeightMatrix kernel = head(output, table);
    if (kernel != null) {
      layers.add(readHead(kernel));
    }
    return layers;
  }

  private @Nullable WeightMatrix embedding(int width) throws ImportException {
    Predicate<WeightMatrix> fits = matrix -> matrix.weight().shape()[1] == width;
    if (config.embedding() != null) {
      return named("embedding", config.embedding(), all(), fits);
    }
    List<WeightMatrix> fitting = tables.stream().filter(fits).toList();
    if (fitting.size() > 1) {
      throw severalFit("embedding", fitting);
    }
    return fitting.isEmpty() ? null : fitting.get(0);
  }

  private @Nullable WeightMatrix head(int width, @Nullable WeightMatrix embedding)
      throws ImportException {
    Predicate<WeightMatrix> fits = matrix -> matrix.inputSize() == width;
    if (config.head() != null) {
      return named("head", config.head(), all(), fits);
    }
    List<WeightMatrix> others =
        kernels.stream().filter(kernel -> !kernel.equals(embedding)).toList();
    if (others.size() > 1) {
      throw severalFit("head", others);
    }
    return others.stream().filter(fits).findFirst().orElse(null);
  }

  private List<WeightMatrix> all() {
    List<WeightMatrix> all = new ArrayList<>(tables);
    all.addAll(kernels);
    return all;
  }

  private static WeightMatrix named(
      String field, String name, List<WeightMatrix> candidates, Predicate<WeightMatrix> fits)
      throws ImportException {
    for (WeightMatrix candidate : candidates) {
      if (candidate.isCalled(name) && fits.test(candidate)) {
        return candidate;
      }
    }
    throw ImportException.config(
        "/config/" + field,
        "no tensor '%s' fits there, only %s"
            .formatted(name, candidates.stream().filter(fits).toList()));
  }

  private static ImportException severalFit(String field, List<WeightMatrix> candidates) {
    return ImportException.unsupported(
        field,
        "several tensors could be it, name the one in config.%s: %s".formatted(field, candidates));
  }

  private Layer.Embedding readEmbedding(WeightMatrix table) throws IOException, ImportException {
    int vocabulary = table.weight().shape()[0];
    int width = table.weight().shape()[1];
    return new Layer.Embedding(
        vocabulary, width, false, tensors.read(table.weight().name(), vocabulary, width));
  }

  private Layer.Dense readHead(WeightMatrix kernel) throws IOException, ImportException {
    int in = kernel.inputSize();
    int out = kernel.outputSize();
    int[] shape = kernel.weight().shape();
    float[] numbers = tensors.read(kernel.weight().name(), shape);
    return new Layer.Dense(
        in,
        out,
        Objects.requireNonNullElse(config.headActivation(), Activation.LINEAR),
        kernel.layout() == WeightMatrix.Layout.OUT_IN
            ? GateBlocks.transpose(numbers, out, in)
            : numbers,
        kernel.bias() == null ? new float[out] : tensors.read(kernel.bias().name(), out));
  }
}
