package dev.keepgate.importer.onnx;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import java.io.IOException;

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
    checkConfig(config);
    try (OnnxFile file = OnnxFile.open(files, limits)) {
      Evaluation evaluation = new Evaluation(file);
      return new ImportedModel(
          GraphOutputs.model(evaluation, evaluation.outputs(), config.returnSequences()),
          file.unread());
    } catch (IllegalArgumentException e) {
      throw ImportException.unsupported("graph", "its layers do not fit: " + e.getMessage());
    }
  }

  /** A graph says all of itself but what a request gets by default. */
  private static void checkConfig(ImportConfig config) throws ImportException {
    ImportConfig rest =
        new ImportConfig(
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            config.returnSequences(),
            null,
            null,
            null,
            config.expectations());
    if (!config.equals(rest)) {
      throw ImportException.config(
          "/config", "an ONNX file says all of this itself; only return_sequences is known here");
    }
  }
}
