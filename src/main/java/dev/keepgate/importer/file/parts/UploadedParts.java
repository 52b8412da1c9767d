package dev.keepgate.importer.file.parts;

import dev.keepgate.importer.FileParts;
import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.file.DescribingFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sorts an upload's files by their names and first bytes, and unpacks archives. */
public final class UploadedParts implements FileParts {

  private static final String CONFIG = "config.json";
  private static final int LONGEST_CONFIG = 1 << 20;
  private static final int SAMPLE = 1 << 12;

  @Override
  public Sorted sort(ModelFiles files) throws IOException, ImportException {
    List<Path> model = new ArrayList<>();
    List<String> descriptions = new ArrayList<>();
    for (Path path : files.paths()) {
      String name = ModelFiles.name(path);
      if (files.paths().size() > 1 && DescribingFile.isName(name) && isText(path)) {
        refuseConfiguration(path, name);
        descriptions.add(name);
      } else {
        model.add(path);
      }
    }
    return model.isEmpty()
        ? new Sorted(files, List.of())
        : new Sorted(new ModelFiles(model), descriptions);
  }

  private static boolean isText(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      for (byte each : in.readNBytes(SAMPLE)) {
        if (each >= 0 && each < '\t') {
          return false;
        }
      }
      return true;
    }
  }

  /** A file of this name may be meant to be the configuration, which is no file but a field. */
  private static void refuseConfiguration(Path path, String name)
      throws IOException, ImportException {
    if (!name.endsWith(CONFIG) || Files.size(path) > LONGEST_CONFIG) {
      return;
    }
    String field = ImportConfig.firstOf(Files.readAllBytes(path));
    if (field != null) {
      throw ImportException.unsupported(
          name,
          ("says '%s', which changes the network's numbers, and is not read as a file; send it as"
                  + " the form's field, -F config=<config.json, or leave it out")
              .formatted(field));
    }
  }

  @Override
  public @Nullable Unpacked unpack(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    if (files.paths().size() > 1) {
      return null;
    }
    Path path = files.first();
    FileStart start = FileStart.of(path);
    if (start.isZip()) {
      String kind = ZipKinds.refused(path, ModelFiles.name(path));
      return kind == null ? ArchiveFiles.unzip(path, limits) : null;
    }
    return start.isTar() ? ArchiveFiles.untar(path, limits) : null;
  }

  @Override
  public ImportException unknown(ModelFiles files, List<String> formats) throws IOException {
    List<ImportException.Problem> problems = new ArrayList<>();
    for (Path path : files.paths()) {
      String name = ModelFiles.name(path);
      String kind = FileKinds.describe(path, name);
      problems.add(
          new ImportException.Problem(
              name, kind == null ? "is of no format that is known here: " + formats : kind));
    }
    if (problems.size() == 1) {
      return ImportException.malformed("the file " + problems.get(0).detail());
    }
    StringBuilder message = new StringBuilder("none of the files is a model: ");
    problems.stream()
        .limit(8)
        .forEach(
            each -> message.append(each.where()).append(' ').append(each.detail()).append("; "));
    message.setLength(message.length() - 2);
    return new ImportException(
        ImportException.Fault.MALFORMED,
        message.toString(),
        problems.subList(0, Math.min(8, problems.size())));
  }
}
