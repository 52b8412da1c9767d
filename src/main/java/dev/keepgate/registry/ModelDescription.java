package dev.keepgate.registry;

import dev.keepgate.importer.ModelFormat;
import dev.keepgate.model.LstmConfig;
import java.util.List;

/**
 * What a model's file turned out to hold.
 *
 * @param format of the file
 * @param framework whose semantics the model follows, such as {@code pytorch}
 * @param config layers, sizes and options
 * @param parameters how many numbers it has
 * @param bytes of memory that it holds, or would hold, once compiled
 * @param unusedTensors names of the file's tensors that play no part
 */
public record ModelDescription(
    ModelFormat format,
    String framework,
    LstmConfig config,
    long parameters,
    long bytes,
    List<String> unusedTensors) {
  public ModelDescription {
    unusedTensors = List.copyOf(unusedTensors);
  }
}
