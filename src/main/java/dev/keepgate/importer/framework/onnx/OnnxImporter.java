package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Forecasting;
import dev.keepgate.model.Network;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads ONNX files. */
public final class OnnxImporter implements ModelImporter {

  /** How often an operator may tell what an input is, for each input. */
  private static final int MOST_LEARNED = 6;

  @Override
  public ModelFormat format() {
    return ModelFormat.ONNX;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    return OnnxFile.find(files) != null;
  }

  @Override
  public ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    config.allowOnly("an ONNX file", Set.of("return_sequences"));
    try (OnnxFile file = OnnxFile.open(files, limits)) {
      Made made = read(file, config.returnSequences());
      ImportedModel imported =
          new ImportedModel(made.network, file.unread(), List.of(), made.assumed);
      file.refuseOthers();
      return imported;
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("graph", "its layers do not fit: " + e.getMessage());
    }
  }

  /** A network, and what was taken for granted of it. */
  private record Made(Network network, List<String> assumed, boolean isReordered) {}

  /**
   * A network whose steps can come one at a time, or that is a chain, takes any number of them,
   * whatever the file was made for. All others take what the file says.
   */
  private static Made read(OnnxFile file, @Nullable Boolean returnSequences)
      throws IOException, ImportException {
    if (!hasFixedSize(file.graph())) {
      return read(file, returnSequences, true);
    }
    try {
      Made open = read(file, returnSequences, true);
      boolean isFree = open.network.isChain() || open.network.signature().isCausal();
      if (isFree && !open.isReordered) {
        return open;
      }
    } catch (ImportException | InconsistentModelException e) {
      if (e instanceof ImportException refused
          && refused.fault() != ImportException.Fault.UNSUPPORTED) {
        throw refused;
      }
    }
    return read(file, returnSequences, false);
  }

  private static boolean hasFixedSize(OnnxGraph graph) {
    return graph.inputs().stream()
        .filter(input -> !graph.constants().containsKey(input.name()))
        .flatMap(input -> input.dimensions().stream())
        .anyMatch(dimension -> dimension.size() >= 0);
  }

  private static Made read(OnnxFile file, @Nullable Boolean returnSequences, boolean isOpen)
      throws IOException, ImportException {
    Map<String, InputLayout> known = new HashMap<>();
    int left = MOST_LEARNED * (1 + file.graph().inputs().size());
    while (true) {
      try {
        file.forget();
        GraphInputs inputs = new GraphInputs(file.graph(), known, isOpen);
        Evaluation evaluation = new Evaluation(file, inputs);
        Network network = GraphOutputs.model(evaluation, evaluation.outputs(), returnSequences);
        inputs.reordered().forEach(evaluation::assume);
        Forecasting forecasting = new Forecasting(inputs.window(), null);
        return new Made(
            network.with(ModelSettings.NONE.with(forecasting)),
            evaluation.assumed(),
            inputs.isReordered());
      } catch (InputLayout.Learned learned) {
        if (left-- == 0) {
          throw ImportException.unsupported(
              "input '" + learned.input() + "'",
              "is read by operators that take its dimensions for different things");
        }
        known.put(learned.input(), learned.layout());
      }
    }
  }
}
