package dev.keepgate.importer;

import dev.keepgate.model.Network;
import java.util.List;

/**
 * What an importer made of a file.
 *
 * @param network the model
 * @param unusedTensors names of the tensors that play no part in it
 */
public record ImportedModel(Network network, List<String> unusedTensors) {
  public ImportedModel {
    unusedTensors = List.copyOf(unusedTensors);
  }
}
