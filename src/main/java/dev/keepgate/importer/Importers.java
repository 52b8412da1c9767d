package dev.keepgate.importer;

import dev.keepgate.importer.FileParts.Sorted;
import dev.keepgate.importer.FileParts.Unpacked;
import dev.keepgate.model.ModelSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The formats that are read, told apart by content. */
public final class Importers {

  /** Formats of several files, of which some may look like anything. */
  private static final Set<ModelFormat> OF_SEVERAL_FILES =
      Set.of(ModelFormat.TENSORFLOW_CHECKPOINT, ModelFormat.ONNX);

  private final List<ModelImporter> importers;
  private final ImportLimits limits;
  private final FileParts parts;
  private final SideReader sides;

  /**
   * @param importers in the order in which they are asked whether they know a file
   * @param limits where a read has none of its own
   * @param parts what becomes of the files before
   */
  public Importers(
      List<ModelImporter> importers, ImportLimits limits, FileParts parts, SideReader sides) {
    this.importers = List.copyOf(importers);
    this.limits = limits;
    this.parts = parts;
    this.sides = sides;
  }

  /** The importers, in the order in which they are asked. */
  List<ModelImporter> importers() {
    return importers;
  }

  /** Files whose importer is known; what was unpacked of them is deleted when closed. */
  public static final class Source implements Closeable {

    private final ModelImporter importer;
    private final ModelFiles model;
    private final ImportLimits bounds;
    private final boolean isOneOfSeveral;
    private final List<String> descriptions;
    private SideFiles files;
    private SideReader reader = SideReader.NONE;
    private @Nullable Unpacked unpacked;

    private Source(
        ModelImporter importer, Sorted sorted, ImportLimits bounds, boolean isOneOfSeveral) {
      this.importer = importer;
      this.model = sorted.model();
      this.files = new SideFiles(sorted.model().paths(), Map.of());
      this.descriptions = sorted.descriptions();
      this.bounds = bounds;
      this.isOneOfSeveral = isOneOfSeveral;
    }

    private Source beside(SideFiles found, SideReader known) {
      files = found;
      reader = known;
      return this;
    }

    /** The format of the model, inside of an archive that is none of its own. */
    public ModelFormat format() {
      return importer.format();
    }

    /** Reads the model. */
    public ImportedModel read(ImportConfig config) throws IOException, ImportException {
      ImportedModel imported;
      try {
        imported = importer.read(model, config, bounds);
      } catch (ImportException e) {
        throw isOneOfSeveral && model.paths().size() == 1
            ? e.in(ModelFiles.name(model.first()))
            : e;
      }
      config.expectations().check(imported.network());
      SideReader.Side side = reader.read(files, bounds);
      ModelSettingsResolver resolver =
          new ModelSettingsResolver(imported.network(), config.settings());
      ModelSettings settings = resolver.resolve(side);
      return imported
          .with(imported.network().with(settings), resolver.assumed())
          .expecting(side.expected())
          .notRead(descriptions);
    }

    @Override
    public void close() throws IOException {
      if (unpacked != null) {
        unpacked.close();
      }
    }
  }

  /**
   * Looks which importer reads the files: of the given format, or else the one that knows them.
   *
   * @throws ImportException if none does, or files of several models are there
   */
  public Source open(ModelFiles files, @Nullable ModelFormat format, ImportLimits bounds)
      throws IOException, ImportException {
    SideFiles side = SideFiles.of(files);
    Sorted sorted = parts.sort(new ModelFiles(side.model()));
    Source source = known(sorted, format, bounds, files.paths().size() > 1);
    if (source != null) {
      return source.beside(side, sides);
    }
    Unpacked unpacked = parts.unpack(sorted.model(), bounds);
    if (unpacked == null) {
      throw parts.unknown(sorted.model(), formats());
    }
    try {
      SideFiles innerSide = SideFiles.of(unpacked.files());
      Sorted inner = parts.sort(new ModelFiles(innerSide.model()));
      source = known(inner, null, bounds, true);
      if (source == null) {
        throw parts.unknown(inner.model(), formats());
      }
      source.unpacked = unpacked;
      return source.beside(side.and(innerSide), sides);
    } catch (IOException | ImportException | RuntimeException e) {
      unpacked.close();
      throw e;
    }
  }

  private List<String> formats() {
    return importers.stream().map(importer -> importer.format().id()).toList();
  }

  private @Nullable Source known(
      Sorted sorted, @Nullable ModelFormat format, ImportLimits bounds, boolean isOneOfSeveral)
      throws IOException, ImportException {
    ModelImporter importer;
    if (format != null) {
      importer = of(format);
    } else {
      Map<Path, ModelImporter> known = known(sorted.model());
      if (known.isEmpty()) {
        return null;
      }
      importer = only(known);
    }
    // Those that it knows first, and then what only it may have use for.
    List<Path> ordered = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    for (Path path : sorted.model().paths()) {
      (importer.recognizes(ModelFiles.of(path)) ? ordered : others).add(path);
    }
    ordered.addAll(others);
    return new Source(
        importer,
        new Sorted(new ModelFiles(ordered), sorted.descriptions()),
        bounds,
        isOneOfSeveral);
  }

  private ModelImporter of(ModelFormat format) throws ImportException {
    for (ModelImporter importer : importers) {
      if (importer.format() == format) {
        return importer;
      }
    }
    throw ImportException.malformed("format '" + format.id() + "' is not read by this server");
  }

  private Map<Path, ModelImporter> known(ModelFiles files) throws IOException {
    Map<Path, ModelImporter> known = new LinkedHashMap<>();
    for (Path path : files.paths()) {
      for (ModelImporter importer : importers) {
        if (!known.containsKey(path) && importer.recognizes(ModelFiles.of(path))) {
          known.put(path, importer);
        }
      }
    }
    return known;
  }

  private static ModelImporter only(Map<Path, ModelImporter> known) throws ImportException {
    List<ModelImporter> different = known.values().stream().distinct().toList();
    if (different.size() == 1) {
      return different.get(0);
    }
    List<ModelImporter> ofSeveral =
        different.stream()
            .filter(importer -> OF_SEVERAL_FILES.contains(importer.format()))
            .toList();
    if (ofSeveral.size() == 1) {
      return ofSeveral.get(0);
    }
    List<ImportException.Problem> problems = new ArrayList<>();
    known.forEach(
        (path, importer) ->
            problems.add(
                new ImportException.Problem(
                    ModelFiles.name(path), "is a file of format " + importer.format().id())));
    throw new ImportException(
        ImportException.Fault.UNSUPPORTED,
        "the files are of several models: %s; send one of them"
            .formatted(
                problems.stream()
                    .map(problem -> problem.where() + " " + problem.detail())
                    .toList()),
        problems);
  }

  /** Reads a model, with the importer that knows it. */
  public ImportedModel read(ModelFiles files, @Nullable ModelFormat format, ImportConfig config)
      throws IOException, ImportException {
    try (Source source = open(files, format, limits)) {
      return source.read(config);
    }
  }

  /** Reads a model within bounds of its own. */
  public ImportedModel read(
      ModelFiles files, @Nullable ModelFormat format, ImportConfig config, ImportLimits bounds)
      throws IOException, ImportException {
    try (Source source = open(files, format, bounds)) {
      return source.read(config);
    }
  }
}
