package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of one format that hold the tensors of one model between them, and know it: by the
 * numbers in their names, as in {@code model-00001-of-00002.safetensors}, by an index that lists
 * what is where, or both.
 *
 * @param files in the order of their numbers
 * @param index what is where; null where there is none
 */
public record Shards(List<Path> files, @Nullable ShardIndex index) {

  private static final Pattern NAME =
      Pattern.compile("(?<stem>.*?)(?<number>\\d{1,6})-of-(?<count>\\d{1,6})(?<end>(\\.[^.]+)*)");

  private static final int MAX_SHARDS = 10_000;

  /** Whether a file's content is of the format. */
  @FunctionalInterface
  public interface Recognizer {
    boolean recognizes(ModelFiles file) throws IOException;
  }

  /** Opens one file. */
  @FunctionalInterface
  public interface Opener {
    TensorFile open(Path path) throws IOException, ImportException;
  }

  /** A file's number among others. */
  private record Numbering(String stem, int number, int count, String end) {

    static @Nullable Numbering of(String name) {
      Matcher matcher = NAME.matcher(name);
      if (!matcher.matches()) {
        return null;
      }
      return new Numbering(
          String.valueOf(matcher.group("stem")),
          Integer.parseInt(matcher.group("number")),
          Integer.parseInt(matcher.group("count")),
          String.valueOf(matcher.group("end")));
    }

    boolean isOfSame(Numbering other) {
      return stem.equals(other.stem) && count == other.count && end.equals(other.end);
    }

    String name(int other) {
      return "%s%05d-of-%05d%s".formatted(stem, other, count, end);
    }
  }

  /**
   * Sorts the files of an upload.
   *
   * @throws ImportException if one is missing, or one is neither a shard nor their index
   */
  public static Shards of(ModelFiles files, Recognizer recognizer)
      throws IOException, ImportException {
    List<Path> shards = new ArrayList<>();
    List<Path> used = new ArrayList<>();
    ShardIndex index = null;
    for (Path path : files.paths()) {
      if (files.paths().size() == 1 || recognizer.recognizes(ModelFiles.of(path))) {
        shards.add(path);
        used.add(path);
      } else if (ShardIndex.recognizes(path)) {
        if (index != null) {
          throw ImportException.unsupported(
              ModelFiles.name(path), "is a second index of shards; send that of the model alone");
        }
        index = ShardIndex.read(path);
        used.add(path);
      }
    }
    if (shards.isEmpty()) {
      shards.add(files.first());
      used.add(files.first());
    }
    files.requireUsed(used);
    return new Shards(inOrder(shards, index), index);
  }

  private static List<Path> inOrder(List<Path> shards, @Nullable ShardIndex index)
      throws ImportException {
    Map<Path, Numbering> numbers = new LinkedHashMap<>();
    for (Path path : shards) {
      Numbering number = Numbering.of(ModelFiles.name(path));
      if (number != null) {
        numbers.put(path, number);
      }
    }
    if (numbers.size() == shards.size()) {
      return byNumber(numbers);
    }
    if (shards.size() == 1 || index != null) {
      return shards;
    }
    throw notOfOne(shards);
  }

  private static List<Path> byNumber(Map<Path, Numbering> numbers) throws ImportException {
    Numbering first = numbers.values().iterator().next();
    TreeMap<Integer, Path> ordered = new TreeMap<>();
    for (Map.Entry<Path, Numbering> entry : numbers.entrySet()) {
      if (!entry.getValue().isOfSame(first)) {
        throw notOfOne(new ArrayList<>(numbers.keySet()));
      }
      Path other = ordered.put(entry.getValue().number(), entry.getKey());
      if (other != null) {
        throw ImportException.unsupported(
            ModelFiles.name(entry.getKey()), "is there twice; send each shard once");
      }
    }
    int from = ordered.containsKey(0) ? 0 : 1;
    List<String> missing = new ArrayList<>();
    for (int i = from; i < from + Math.min(first.count(), MAX_SHARDS); i++) {
      if (!ordered.containsKey(i)) {
        missing.add(first.name(i));
      }
    }
    if (!missing.isEmpty()) {
      throw ImportException.unsupported(
          missing.get(0),
          "is missing; the tensors of this model are in %d files, so send %s as well"
              .formatted(first.count(), ModelFiles.names(missing)));
    }
    if (ordered.size() != first.count()) {
      throw ImportException.unsupported(
          ModelFiles.name(ordered.lastEntry().getValue()),
          "is of a number beyond the %d files that the names speak of".formatted(first.count()));
    }
    return List.copyOf(ordered.values());
  }

  private static ImportException notOfOne(List<Path> files) {
    List<String> names = files.stream().map(ModelFiles::name).toList();
    return new ImportException(
        ImportException.Fault.UNSUPPORTED,
        ("%s: these are several files of tensors, and nothing says that they are one model's; send"
                + " one of them, or shards by their names (model-00001-of-00002.safetensors, ...),"
                + " or with their index (model.safetensors.index.json)")
            .formatted(ModelFiles.names(names)),
        names.stream()
            .limit(8)
            .map(name -> new ImportException.Problem(name, "is a file of tensors of its own"))
            .toList());
  }

  /** Opens all files as one. */
  public TensorFile open(Opener opener, ImportLimits limits) throws IOException, ImportException {
    if (files.size() == 1 && index == null) {
      return opener.open(files.get(0));
    }
    return ShardedFile.open(this, opener, limits);
  }
}
