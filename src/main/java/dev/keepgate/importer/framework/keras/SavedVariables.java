package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import java.io.IOException;
import java.util.List;

/** Variables as a {@code .keras} file has them: {@code layers/<layer>/<part>/vars/<index>}. */
final class SavedVariables implements KerasWeights {

  private final NamedTensors tensors;
  private final String root;

  /**
   * @param root the group of the layers
   */
  SavedVariables(NamedTensors tensors, String root) {
    this.tensors = tensors;
    this.root = root;
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
        String group = part.isEmpty() ? "" : part + "/";
        return tensors.get("%s/%s/%svars/%d".formatted(root, layer.path(), group, index));
      }
    };
  }

  @Override
  public List<String> unused() {
    return tensors.unused();
  }
}
