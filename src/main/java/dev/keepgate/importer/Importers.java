package dev.keepgate.importer;

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
    return choose(files, format).read(files, config, limits);
  }
}
