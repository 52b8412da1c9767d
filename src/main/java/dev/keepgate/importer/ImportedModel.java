package dev.keepgate.importer;

import dev.keepgate.model.LstmModel;
import java.util.List;

/**
 * What an importer made of a file.
 *
 * @param model the model
 * @param unusedTensors names of the tensors that play no part in it
 */
public record ImportedModel(LstmModel model, List<String> unusedTensors) {
  public ImportedModel {
    unusedTensors = List.copyOf(unusedTensors);
  }
}
