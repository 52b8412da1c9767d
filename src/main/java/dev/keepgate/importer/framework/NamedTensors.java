package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Those of a file's tensors that are the model's, by name, which remember what of them was read.
 */
public final class NamedTensors {

  private final TensorFile file;
  private final Map<String, TensorInfo> seen = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>();

  /** All tensors of a file that says itself what they are. */
  public NamedTensors(TensorFile file) {
    this(file, tensor -> true);
  }

  /**
   * @param isOfModel tells the model's tensors from others, which are as if they were not there
   */
  public NamedTensors(TensorFile file, Predicate<TensorInfo> isOfModel) {
    this.file = file;
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (isOfModel.test(tensor)) {
                seen.put(name, tensor);
              }
            });
  }

  /** All tensors, in the file's order. */
  public Collection<TensorInfo> all() {
    return seen.values();
  }

  /** The tensor of a name; null where there is none. */
  public @Nullable TensorInfo find(String name) {
    return seen.get(name);
  }

  public boolean has(String name) {
    return seen.containsKey(name);
  }

  /**
   * The tensor of a name.
   *
   * @throws ImportException if there is none
   */
  public TensorInfo get(String name) throws ImportException {
    TensorInfo tensor = find(name);
    if (tensor == null) {
      throw ImportException.unsupported(name, "this tensor is missing");
    }
    return tensor;
  }

  /**
   * Reads a tensor of a known shape.
   *
   * @throws ImportException if it is missing or of another shape
   */
  public float[] read(String name, int... shape) throws IOException, ImportException {
    TensorInfo tensor = get(name);
    if (!tensor.hasShape(shape)) {
      throw ImportException.unsupported(
          name,
          "expected shape %s, got %s"
              .formatted(Arrays.toString(shape), Arrays.toString(tensor.shape())));
    }
    if (tensor.type().isInteger()) {
      throw ImportException.unsupported(
          name,
          "holds whole numbers (%s), as quantised weights do; save the model's own floats"
              .formatted(tensor.type()));
    }
    used.add(name);
    float[] values = file.read(tensor);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw ImportException.unsupported(name, "holds %s, not only numbers".formatted(value));
      }
    }
    return values;
  }

  /** Whether another tensor that was read holds the very numbers of this one. */
  boolean isCopy(TensorInfo tensor, Predicate<TensorInfo> mayBeOriginal)
      throws IOException, ImportException {
    float[] values = null;
    for (TensorInfo other : seen.values()) {
      if (used.contains(other.name())
          && other.hasShape(tensor.shape())
          && mayBeOriginal.test(other)) {
        values = values == null ? file.read(tensor) : values;
        if (Arrays.equals(values, file.read(other))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Names of the file's tensors that were not read, the model's or not. */
  public List<String> unused() {
    List<String> unused = new ArrayList<>(file.tensors().keySet());
    unused.removeAll(used);
    return unused;
  }
}
