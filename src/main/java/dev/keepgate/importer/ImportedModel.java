package dev.keepgate.importer;

import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an importer made of a file.
 *
 * @param network the model
 * @param unusedTensors names of the tensors that play no part in it
 * @param forward the stages that its tensors run in, where the file does not say it itself; empty
 *     where it does
 * @param assumed what neither the file nor its configuration said and this server took for granted,
 *     in words
 * @param expected what it is to answer; null where nothing beside it says so
 */
public record ImportedModel(
    Network network,
    List<String> unusedTensors,
    List<Stage> forward,
    List<String> assumed,
    @Nullable ExpectedAnswers expected) {

  /**
   * A stage of a network, as {@code config.forward} would say it.
   *
   * @param stage a module of the file, or a function
   * @param shape of what it gives, such as batch, time, 6
   */
  public record Stage(String stage, List<String> shape) {
    public Stage {
      shape = List.copyOf(shape);
    }
  }

  public ImportedModel {
    unusedTensors = List.copyOf(unusedTensors);
    forward = List.copyOf(forward);
    assumed = List.copyOf(assumed);
  }

  /** The same of another network, for which more was taken for granted. */
  ImportedModel with(Network other, List<String> more) {
    return new ImportedModel(
        other,
        unusedTensors,
        forward,
        Stream.concat(assumed.stream(), more.stream()).toList(),
        expected);
  }

  /** The same, to be held against what it is to answer. */
  ImportedModel expecting(@Nullable ExpectedAnswers answers) {
    return new ImportedModel(network, unusedTensors, forward, assumed, answers);
  }

  /** A model that is to be held against nothing. */
  public ImportedModel(
      Network network, List<String> unusedTensors, List<Stage> forward, List<String> assumed) {
    this(network, unusedTensors, forward, assumed, null);
  }

  /** A model of a file that says all of it. */
  public ImportedModel(Network network, List<String> unusedTensors) {
    this(network, unusedTensors, List.of(), List.of());
  }

  /** The same model, with word of files beside it that were not read. */
  ImportedModel notRead(List<String> files) {
    if (files.isEmpty()) {
      return this;
    }
    List<String> told = new ArrayList<>(assumed);
    told.add("not read, as having no part in the numbers: " + ModelFiles.names(files));
    return new ImportedModel(network, unusedTensors, forward, told, expected);
  }
}
