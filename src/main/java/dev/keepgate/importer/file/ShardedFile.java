package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Several files of tensors that are read as one; no tensor is in two of them. */
final class ShardedFile implements TensorFile {

  private final List<TensorFile> open = new ArrayList<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  /** Which file a tensor is in. */
  private final Map<String, Integer> places = new LinkedHashMap<>();

  private final List<String> names;

  private ShardedFile(List<String> names) {
    this.names = names;
  }

  static TensorFile open(Shards shards, Shards.Opener opener, ImportLimits limits)
      throws IOException, ImportException {
    ShardedFile file = new ShardedFile(shards.files().stream().map(ModelFiles::name).toList());
    try {
      TensorBudget budget = new TensorBudget(limits);
      for (Path path : shards.files()) {
        file.add(path, opener, budget);
      }
      ShardIndex index = shards.index();
      if (index != null) {
        index.check(file.tensorsByFile());
      }
      return file;
    } catch (IOException | ImportException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private void add(Path path, Shards.Opener opener, TensorBudget budget)
      throws IOException, ImportException {
    int place = open.size();
    try {
      open.add(opener.open(path));
    } catch (ImportException e) {
      throw e.in(names.get(place));
    }
    for (TensorInfo tensor : open.get(place).tensors().values()) {
      budget.add(tensor);
      tensors.put(tensor.name(), tensor);
      Integer other = places.put(tensor.name(), place);
      if (other != null) {
        throw ImportException.unsupported(
            tensor.name(),
            "is in two files, %s and %s; which of them is the model's is not known"
                .formatted(names.get(other), names.get(place)));
      }
    }
  }

  private Map<String, Set<String>> tensorsByFile() {
    Map<String, Set<String>> byFile = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      byFile.put(
          byFile.containsKey(name) ? name + " " + (i + 1) : name,
          new TreeSet<>(open.get(i).tensors().keySet()));
    }
    return byFile;
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException, ImportException {
    Integer place = places.get(tensor.name());
    if (place == null) {
      throw new IllegalArgumentException("no tensor of these files: " + tensor);
    }
    try {
      return open.get(place).read(tensor);
    } catch (ImportException e) {
      throw e.in(names.get(place));
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (TensorFile file : open) {
      try {
        file.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
