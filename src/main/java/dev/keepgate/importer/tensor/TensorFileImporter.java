package dev.keepgate.importer.tensor;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.model.InconsistentModelException;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Reads a container of named tensors by whichever convention knows the names. */
public abstract class TensorFileImporter implements ModelImporter {

  private static final int SHOWN = 12;

  private final List<TensorConvention> conventions;

  protected TensorFileImporter(List<TensorConvention> conventions) {
    this.conventions = List.copyOf(conventions);
  }

  /** Opens the container and reads what its tensors are called, not what they hold. */
  protected abstract TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException;

  @Override
  public final ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    try (TensorFile file = open(files, limits)) {
      Collection<TensorInfo> tensors = file.tensors().values();
      for (TensorConvention convention : conventions) {
        if (convention.recognizes(tensors)) {
          return convention.read(file, config);
        }
      }
      throw ImportException.unsupported(
          "tensors",
          "no LSTM is known by these names: "
              + tensors.stream().limit(SHOWN).toList()
              + (tensors.size() > SHOWN ? " and " + (tensors.size() - SHOWN) + " more" : ""));
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("tensors", "do not fit each other: " + e.getMessage());
    }
  }
}
