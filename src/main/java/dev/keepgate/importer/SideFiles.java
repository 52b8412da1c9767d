package dev.keepgate.importer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The files beside a model, told by their names: {@code scaler.pkl}, {@code labels.txt}, ...
 *
 * @param model all other files
 * @param paths by what they hold, which is one of {@link #NAMES}
 */
public record SideFiles(List<Path> model, Map<String, Path> paths) {

  public static final String SCALER = "scaler";
  public static final String TARGET_SCALER = "target_scaler";
  public static final String LABELS = "labels";
  public static final String THRESHOLD = "threshold";
  public static final String VOCABULARY = "vocabulary";
  public static final String EXPECTED = "expected";

  /** What may lie beside a model. */
  public static final Set<String> NAMES =
      Set.of(SCALER, TARGET_SCALER, LABELS, THRESHOLD, VOCABULARY, EXPECTED);

  public SideFiles {
    model = List.copyOf(model);
    paths = Map.copyOf(paths);
  }

  /**
   * Sorts files.
   *
   * @throws ImportException if two hold the same, or none is left for the model
   */
  static SideFiles of(ModelFiles files) throws ImportException {
    List<Path> model = new ArrayList<>();
    Map<String, Path> paths = new LinkedHashMap<>();
    for (Path path : files.paths()) {
      String name = ModelFiles.name(path);
      int end = name.indexOf('.');
      String stem = (end < 0 ? name : name.substring(0, end)).toLowerCase(Locale.ROOT);
      if (!NAMES.contains(stem)) {
        model.add(path);
      } else if (paths.put(stem, path) != null) {
        throw ImportException.unsupported(stem, "is there twice");
      }
    }
    if (model.isEmpty()) {
      throw ImportException.malformed("the model itself is missing beside " + paths.keySet());
    }
    return new SideFiles(model, paths);
  }

  /**
   * The same with those of another place, such as an archive.
   *
   * @throws ImportException if both have the same
   */
  SideFiles and(SideFiles other) throws ImportException {
    Map<String, Path> all = new LinkedHashMap<>(paths);
    for (Map.Entry<String, Path> entry : other.paths.entrySet()) {
      if (all.put(entry.getKey(), entry.getValue()) != null) {
        throw ImportException.unsupported(entry.getKey(), "is there twice");
      }
    }
    return new SideFiles(other.model, all);
  }
}
