package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.importer.file.hdf5.Hdf5File;
import dev.keepgate.importer.framework.ConfigJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@code .h5} files of whole models, as {@code model.save("model.h5")} writes them. */
public final class KerasH5Importer implements ModelImporter {

  @Override
  public ModelFormat format() {
    return ModelFormat.HDF5;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    return Hdf5File.recognizes(files.first());
  }

  @Override
  public ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    KerasFiles.checkConfig(config);
    if (!recognizes(files)) {
      throw ImportException.malformed("this is no HDF5 file");
    }
    try (Hdf5File file = Hdf5File.open(files.only(), limits)) {
      String model = attribute(file, "model_config");
      if (model == null) {
        throw withoutModel(file);
      }
      String version = attribute(file, "keras_version");
      return KerasFiles.read(
          ConfigJson.parse("model_config", model.getBytes(StandardCharsets.UTF_8)),
          version == null ? "2.0" : version,
          new NamedWeights(file),
          config);
    }
  }

  private static @Nullable String attribute(Hdf5File file, String name)
      throws IOException, ImportException {
    List<String> strings = file.strings("", name);
    return strings == null || strings.isEmpty() ? null : strings.get(0);
  }

  private static ImportException withoutModel(Hdf5File file) throws IOException, ImportException {
    boolean weightsOnly =
        file.hasGroup("layers")
            || file.hasGroup("_layer_checkpoint_dependencies")
            || NamedWeights.names(file, "", "layer_names") != null;
    return ImportException.unsupported(
        "model_config",
        weightsOnly
            ? "is missing: the file holds weights only, and not what the layers are; save the whole"
                + " model: build it by its code, then model.load_weights(\"weights.h5\");"
                + " model.save(\"model.keras\")"
            : "is missing: this HDF5 file is no Keras model");
  }
}
