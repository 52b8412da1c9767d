package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file's tensors by name, which remember which of them were read. */
public final class NamedTensors {

  private final TensorFile file;
  private final Set<String> used = new HashSet<>();

  public NamedTensors(TensorFile file) {
    this.file = file;
  }

  /** All tensors, in the file's order. */
  public Collection<TensorInfo> all() {
    return file.tensors().values();
  }

  /** The tensor of a name; null where there is none. */
  public @Nullable TensorInfo find(String name) {
    return file.tensors().get(name);
  }

  public boolean has(String name) {
    return file.tensors().containsKey(name);
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
    used.add(name);
    float[] values = file.read(tensor);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw ImportException.unsupported(name, "holds %s, not only numbers".formatted(value));
      }
    }
    return values;
  }

  /** Names of the tensors that were not read. */
  public List<String> unused() {
    List<String> unused = new ArrayList<>(file.tensors().keySet());
    unused.removeAll(used);
    return unused;
  }
}
