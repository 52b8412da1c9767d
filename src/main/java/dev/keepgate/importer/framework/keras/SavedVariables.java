package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import java.io.IOException;
import java.util.List;

/** Variables as a {@code .keras} file has them: {@code layers/<layer>/<part>/vars/<index>}. */
final class SavedVariables implements KerasWeights {

  /** The group of the layers, since Keras 2.14 and before. */
  private static final List<String> ROOTS = List.of("layers", "_layer_checkpoint_dependencies");

  private final NamedTensors tensors;
  private final String root;

  SavedVariables(NamedTensors tensors) {
    this.tensors = tensors;
    this.root = ROOTS.stream().filter(this::isRoot).findFirst().orElse(ROOTS.get(0));
  }

  private boolean isRoot(String name) {
    return tensors.all().stream()
        .anyMatch(
            tensor ->
                tensor.name().startsWith(name + "/") || tensor.name().startsWith(name + "\\"));
  }

  @Override
  public OfLayer of(KerasLayer layer) {
    return new OfLayer() {
      @Override
      public int[] nextShape(String part, int index) throws ImportException {
        return variable(part, index).shape();
      }

      @Override
      public float[] next(String part, int index, int... shape)
          throws IOException, ImportException {
        return tensors.read(variable(part, index).name(), shape);
      }

      private TensorInfo variable(String part, int index) throws ImportException {
        String group = root + "/" + layer.path() + (part.isEmpty() ? "" : "/" + part);
        String variable = "/vars/" + index;
        // On Windows, Keras 2.13 to 2.15 joined the names by that system's separator.
        String windows = group.replace('/', '\\') + variable;
        return tensors.get(tensors.has(windows) ? windows : group + variable);
      }
    };
  }

  @Override
  public List<String> unused() {
    return tensors.unused();
  }
}
