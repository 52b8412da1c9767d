package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.framework.keras.KerasInputs.Steps;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Forecasting;
import dev.keepgate.model.Network;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
      KerasScope scope = KerasScope.of(model, "", "");
      Network read = read(model, scope, KerasVersion.parse(version), weights, config);
      return new ImportedModel(read.with(settings(scope)), weights.unused());
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("layers", "do not fit each other: " + e.getMessage());
    }
  }

  /** A model that was made for so many steps sees so many to make a forecast. */
  private static ModelSettings settings(KerasScope scope) {
    return ModelSettings.NONE.with(new Forecasting(new KerasInputs(scope).window(), null));
  }

  /** A chain of layers steps fastest; all else is a graph. */
  private static Network read(
      JsonNode model,
      KerasScope scope,
      KerasVersion version,
      KerasWeights weights,
      ImportConfig config)
      throws IOException, ImportException {
    if (scope.layers().values().stream().allMatch(KerasModelReader::isOfChains)) {
      try {
        return new KerasModelReader(version, weights)
            .read(KerasArchitecture.layers(model), config.returnSequences());
      } catch (ImportException e) {
        if (e.fault() != ImportException.Fault.UNSUPPORTED) {
          throw e;
        }
      }
    }
    return readGraph(scope, version, weights, config.returnSequences());
  }

  /** Where it can be, with any number of steps; else with as many as the model was made for. */
  private static Network readGraph(
      KerasScope scope,
      KerasVersion version,
      KerasWeights weights,
      @Nullable Boolean returnSequences)
      throws IOException, ImportException {
    KerasInputs inputs = new KerasInputs(scope);
    for (Steps steps : List.of(Steps.EACH_ITS_OWN, Steps.ALL_THE_SAME)) {
      try {
        return KerasGraphReader.read(scope, inputs.read(steps), version, weights, returnSequences);
      } catch (InconsistentModelException | ImportException e) {
        // Some layer needs the sequences to be as long as each other, or as the model was made for.
      }
    }
    return KerasGraphReader.read(
        scope, inputs.read(Steps.AS_MADE), version, weights, returnSequences);
  }
}
