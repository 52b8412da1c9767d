package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.importer.file.archive.ZipArchive;
import dev.keepgate.importer.framework.ConfigJson;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Network;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UTFDataFormatException;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipException;
import tools.jackson.databind.JsonNode;

/** Reads the zip of a MultiLayerNetwork: a configuration and all its parameters in one array. */
public final class Dl4jImporter implements ModelImporter {

  private static final String CONFIGURATION = "configuration.json";
  private static final String COEFFICIENTS = "coefficients.bin";

  @Override
  public ModelFormat format() {
    return ModelFormat.DL4J;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    return ZipArchive.hasEntries(files.first(), CONFIGURATION, COEFFICIENTS);
  }

  @Override
  public ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    config.allowOnly("a Deeplearning4j file", Set.of("return_sequences"));
    try (ZipArchive archive = ZipArchive.open(files.only(), limits)) {
      JsonNode configuration =
          ConfigJson.parse(CONFIGURATION, archive.bytes(CONFIGURATION, limits.maxHeaderBytes()));
      try (InputStream in =
          new BufferedInputStream(archive.stream(COEFFICIENTS, limits.maxStoredBytes()))) {
        Network model =
            Dl4jNetwork.read(
                configuration, Dl4jParameters.open(in, limits), config.returnSequences());
        return new ImportedModel(model, List.of());
      } catch (ZipException | EOFException | UTFDataFormatException e) {
        throw ImportException.malformed(
            "'%s' is damaged: %s".formatted(COEFFICIENTS, e.getMessage()));
      } catch (InconsistentModelException e) {
        throw ImportException.unsupported("layers", "do not fit each other: " + e.getMessage());
      }
    }
  }
}
