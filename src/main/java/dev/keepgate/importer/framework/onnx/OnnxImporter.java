package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.model.InconsistentModelException;
import java.io.IOException;
import java.util.Set;

/** Reads ONNX files. */
public final class OnnxImporter implements ModelImporter {

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
      Evaluation evaluation = new Evaluation(file);
      ImportedModel imported =
          new ImportedModel(
              GraphOutputs.model(evaluation, evaluation.outputs(), config.returnSequences()),
              file.unread());
      file.refuseOthers();
      return imported;
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("graph", "its layers do not fit: " + e.getMessage());
    }
  }
}
