package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.DescribingFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which of several files make a checkpoint: a bundle, as TensorFlow calls it.
 *
 * @param index its index
 * @param others all files that are no index
 */
record BundleFiles(String index, List<String> others) {

  static final int MAX_SHARDS = 1000;

  /** Lists of checkpoints, graphs and logs, none of which has a number of the model. */
  private static final Pattern BESIDE =
      Pattern.compile(
          "checkpoint|.*\\.meta|.*\\.pbtxt|saved_model\\.pb|fingerprint\\.pb|keras_metadata\\.pb"
              + "|events\\.out\\.tfevents\\..*");

  static BundleFiles among(FileSet files) throws IOException, ImportException {
    List<String> indexes = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String name : files.names()) {
      if (files.isIndex(name)) {
        indexes.add(name);
      } else {
        others.add(name);
      }
    }
    // What macOS adds to its zips.
    indexes.removeIf(name -> lastPart(name).startsWith("._"));
    if (indexes.size() != 1) {
      throw indexes.isEmpty()
          ? ImportException.malformed("there is no index (*.index) among the checkpoint's files")
          : ImportException.unsupported("index", "there are several checkpoints: " + indexes);
    }
    return new BundleFiles(indexes.get(0), others);
  }

  /** The files of the variables in order, each there. */
  List<String> shards(int count) throws ImportException {
    List<String> shards = new ArrayList<>();
    String start =
        index.endsWith(".index") ? index.substring(0, index.length() - ".index".length()) : index;
    for (int i = 0; i < count; i++) {
      String ending = ".data-%05d-of-%05d".formatted(i, count);
      if (others.contains(start + ending)) {
        shards.add(start + ending);
      } else {
        shards.add(onlyOne(start, ending, count));
      }
    }
    return shards;
  }

  /**
   * Refuses files that are no part of a checkpoint, nor lie beside one by TensorFlow's habit.
   *
   * @param shards that are read
   */
  void refuseOthers(List<String> shards) throws ImportException {
    for (String name : others) {
      String last = lastPart(name);
      if (!shards.contains(name)
          && !BESIDE.matcher(last).matches()
          && !DescribingFile.isName(last)
          && !DescribingFile.isOfSystem(name)) {
        throw ImportException.unsupported(
            name,
            "has no part in the checkpoint %s, and nothing is left out unseen; send the"
                    .formatted(index)
                + " checkpoint's index and data alone");
      }
    }
  }

  /** Where names were lost on the way, there may still be no doubt. */
  private String onlyOne(String start, String ending, int count) throws ImportException {
    List<String> fitting =
        others.stream()
            .filter(name -> name.endsWith(ending) && !lastPart(name).startsWith("._"))
            .toList();
    if (fitting.isEmpty() && count == 1) {
      fitting =
          others.stream()
              .filter(name -> !name.endsWith(".meta") && !lastPart(name).equals("checkpoint"))
              .toList();
    }
    if (fitting.size() != 1) {
      throw ImportException.malformed(
          "the checkpoint lacks the file '%s'; send it beside the index"
              .formatted(lastPart(start) + ending));
    }
    return fitting.get(0);
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
