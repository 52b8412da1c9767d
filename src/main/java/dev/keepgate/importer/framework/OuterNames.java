package dev.keepgate.importer.framework;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a framework names the tensors of a dense layer, an embedding and a norm.
 *
 * @param biases by the name of the kernel that each is of
 * @param tables whole names of embeddings' tables, in small letters
 * @param outputFirst whether a kernel is [output, input], as PyTorch has it
 * @param scale a norm's factor
 * @param shift a norm's summand
 * @param mean of a batch norm
 * @param variance of a batch norm
 * @param layerNormEpsilon where a layer norm is not told another
 * @param batchNormEpsilon where a batch norm is not told another
 */
public record OuterNames(
    Map<String, String> biases,
    Pattern tables,
    boolean outputFirst,
    String scale,
    String shift,
    String mean,
    String variance,
    float layerNormEpsilon,
    float batchNormEpsilon) {

  boolean isTable(TensorName name) {
    return tables.matcher((name.scope() + name.leaf()).toLowerCase(Locale.ROOT)).matches();
  }

  @Nullable String biasOf(String kernel) {
    return biases.get(kernel);
  }

  /** The name of a batch norm's statistic, which Flax keeps in a collection of its own. */
  String statistic(TensorName name, String leaf) {
    return name.sibling(leaf)
        .replaceFirst("^params(?=[./])", mean.equals("mean") ? "batch_stats" : "params");
  }
}
