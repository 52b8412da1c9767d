package dev.keepgate.importer;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The formats that are read, told apart by content. */
public final class Importers {

  private final List<ModelImporter> importers;
  private final ImportLimits limits;

  /**
   * @param importers in the order in which they are asked whether they know a file
   * @param limits where a read has none of its own
   */
  public Importers(List<ModelImporter> importers, ImportLimits limits) {
    this.importers = List.copyOf(importers);
    this.limits = limits;
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
    config.expectations().check(imported.network());
    return imported;
  }
}
