package dev.keepgate.importer;

import dev.keepgate.importer.file.checkpoint.CheckpointImporter;
import dev.keepgate.importer.file.npz.NpzImporter;
import dev.keepgate.importer.file.safetensors.SafetensorsImporter;
import dev.keepgate.importer.file.torch.TorchFileImporter;
import dev.keepgate.importer.framework.dl4j.Dl4jImporter;
import dev.keepgate.importer.framework.flax.FlaxConvention;
import dev.keepgate.importer.framework.keras.KerasH5Importer;
import dev.keepgate.importer.framework.keras.KerasImporter;
import dev.keepgate.importer.framework.onnx.OnnxImporter;
import dev.keepgate.importer.framework.pytorch.PytorchConvention;
import dev.keepgate.importer.framework.tensorflow.KerasVariables;
import dev.keepgate.importer.framework.tensorflow.TensorFlow1Convention;
import dev.keepgate.importer.tensor.TensorConvention;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All formats that are read, told apart by content. */
public final class Importers {

  private final List<ModelImporter> importers;
  private final ImportLimits limits;

  public Importers(List<ModelImporter> importers, ImportLimits limits) {
    this.importers = List.copyOf(importers);
    this.limits = limits;
  }

  /** All formats that this server reads. */
  public static Importers standard(ImportLimits limits) {
    List<TensorConvention> conventions =
        List.of(
            new PytorchConvention(),
            new KerasVariables(),
            new TensorFlow1Convention(),
            new FlaxConvention());
    return new Importers(
        List.of(
            // First: the first of several files could look like anything.
            new CheckpointImporter(conventions),
            new SafetensorsImporter(conventions),
            new NpzImporter(conventions),
            new TorchFileImporter(conventions),
            new KerasImporter(),
            new KerasH5Importer(),
            new Dl4jImporter(),
            new OnnxImporter()),
        limits);
  }

  /** The importers, in the order in which they are asked. */
  List<ModelImporter> importers() {
    return importers;
  }

  /** The importer that reads the files: of the given format, or else the one that knows them. */
  public ModelImporter choose(ModelFiles files, @Nullable ModelFormat format)
      throws IOException, ImportException {
    for (ModelImporter importer : importers) {
      if (format != null ? importer.format() == format : importer.recognizes(files)) {
        return importer;
      }
    }
    throw ImportException.malformed(
        format != null
            ? "format '" + format.id() + "' is not read by this server"
            : "the file is of no format that is known here: "
                + importers.stream().map(importer -> importer.format().id()).toList());
  }

  /** Reads a model, with the importer that {@link #choose} names. */
  public ImportedModel read(ModelFiles files, @Nullable ModelFormat format, ImportConfig config)
      throws IOException, ImportException {
    return read(files, format, config, limits);
  }

  /** Reads a model within bounds of its own. */
  public ImportedModel read(
      ModelFiles files, @Nullable ModelFormat format, ImportConfig config, ImportLimits bounds)
      throws IOException, ImportException {
    ImportedModel imported = choose(files, format).read(files, config, bounds);
    config.expectations().check(imported.model().config());
    return imported;
  }
}
