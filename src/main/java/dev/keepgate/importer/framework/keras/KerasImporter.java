package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.importer.file.archive.ZipArchive;
import dev.keepgate.importer.file.hdf5.Hdf5File;
import dev.keepgate.importer.framework.ConfigJson;
import dev.keepgate.importer.framework.NamedTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** Reads {@code .keras} files: a zip of configuration, metadata and an HDF5 file of variables. */
public final class KerasImporter implements ModelImporter {

  private static final String CONFIG = "config.json";
  private static final String METADATA = "metadata.json";
  private static final String WEIGHTS = "model.weights.h5";

  @Override
  public ModelFormat format() {
    return ModelFormat.KERAS;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    return ZipArchive.hasEntries(files.first(), CONFIG, WEIGHTS);
  }

  @Override
  public ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    KerasFiles.checkConfig(config);
    try (ZipArchive archive = ZipArchive.open(files.only(), limits)) {
      JsonNode model = ConfigJson.parse(CONFIG, archive.bytes(CONFIG, limits.maxHeaderBytes()));
      JsonNode metadata =
          ConfigJson.parse(METADATA, archive.bytes(METADATA, limits.maxHeaderBytes()));
      String version = metadata.path("keras_version").asString("");
      Path weights = Files.createTempFile("keepgate-", ".h5");
      try {
        try (OutputStream out = Files.newOutputStream(weights)) {
          archive.copy(WEIGHTS, out, limits.maxBytes());
        }
        try (Hdf5File file = Hdf5File.open(weights, limits)) {
          return KerasFiles.read(
              model, version, new SavedVariables(new NamedTensors(file)), config);
        }
      } finally {
        Files.delete(weights);
      }
    }
  }
}
