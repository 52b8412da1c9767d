package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Network;
import java.io.IOException;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What both of Keras' formats have in common. */
final class KerasFiles {

  private KerasFiles() {}

  /** A Keras file tells all but what an unroll shall answer. */
  static void checkConfig(ImportConfig config) throws ImportException {
    config.allowOnly("a Keras file", Set.of("return_sequences"));
  }

  static ImportedModel read(
      JsonNode model, String version, KerasWeights weights, ImportConfig config)
      throws IOException, ImportException {
    try {
      Network read =
          new KerasModelReader(KerasVersion.parse(version), weights)
              .read(KerasArchitecture.layers(model), config.returnSequences());
      return new ImportedModel(read, weights.unused());
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("layers", "do not fit each other: " + e.getMessage());
    }
  }
}
