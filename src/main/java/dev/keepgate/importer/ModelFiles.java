package dev.keepgate.importer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The file or files of one model on the local disk.
 *
 * @param paths at least one; a file's name counts only for formats of several files
 */
public record ModelFiles(List<Path> paths) {

  private static final int SHOWN = 8;

  /** What is put before names that several files have. */
  private static final Pattern NUMBER = Pattern.compile("_\\d+-(?=.)");

  public ModelFiles {
    paths = List.copyOf(paths);
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("a model needs a file");
    }
  }

  public static ModelFiles of(Path... paths) {
    return new ModelFiles(List.of(paths));
  }

  /** What the client calls a file. */
  public static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : NUMBER.matcher(last.toString()).replaceFirst("");
  }

  /** The only file, or the first of several. */
  public Path first() {
    return paths.get(0);
  }

  /**
   * The file of a format that has but one.
   *
   * @throws ImportException that names the others
   */
  public Path only() throws ImportException {
    requireUsed(Set.of(first()));
    return first();
  }

  /**
   * Refuses files that no part of the model was read from.
   *
   * @param used those that it was read from
   * @throws ImportException that names the others
   */
  public void requireUsed(Collection<Path> used) throws ImportException {
    List<ImportException.Problem> problems = new ArrayList<>();
    for (Path path : paths) {
      if (!used.contains(path)) {
        problems.add(
            new ImportException.Problem(
                name(path), "has no part in the model; send the model's own files alone"));
      }
    }
    if (!problems.isEmpty()) {
      throw new ImportException(
          ImportException.Fault.UNSUPPORTED,
          "%s: not read for the model that is in %s, and nothing is left out unseen; send the"
                  .formatted(
                      names(problems.stream().map(ImportException.Problem::where).toList()),
                      names(used.stream().map(ModelFiles::name).sorted().toList()))
              + " model's own files alone",
          problems.subList(0, Math.min(SHOWN, problems.size())));
    }
  }

  /** Names in a row, the first of them. */
  public static String names(Collection<String> names) {
    Set<String> each = new LinkedHashSet<>(names);
    String shown = each.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return each.size() > SHOWN ? shown + " and " + (each.size() - SHOWN) + " more" : shown;
  }
}
