package dev.keepgate.registry;

import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.model.NetworkDescription;
import dev.keepgate.model.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model's file turned out to hold.
 *
 * @param format of the file
 * @param framework whose semantics the model follows, such as {@code pytorch}
 * @param signature what the model takes and answers
 * @param network its nodes, from input to output
 * @param parameters how many numbers it has
 * @param bytes of memory that it holds, or would hold, once compiled
 * @param unusedTensors names of the file's tensors that play no part
 * @param forward the stages that the file's tensors run in, where the file does not say it itself
 * @param assumed what neither the file nor its configuration said, in words
 * @param expected how near it came to what it is to answer; null where nothing says so
 */
public record ModelDescription(
    ModelFormat format,
    String framework,
    Signature signature,
    NetworkDescription network,
    long parameters,
    long bytes,
    List<String> unusedTensors,
    List<ImportedModel.Stage> forward,
    List<String> assumed,
    @Nullable AnswersFound expected) {
  public ModelDescription {
    unusedTensors = List.copyOf(unusedTensors);
    forward = List.copyOf(forward);
    assumed = List.copyOf(assumed);
  }
}
