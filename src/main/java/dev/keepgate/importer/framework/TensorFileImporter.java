package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.model.InconsistentModelException;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Reads a container of named tensors by whichever convention knows the names. */
public final class TensorFileImporter implements ModelImporter {

  private static final int SHOWN = 12;

  private final TensorContainer container;
  private final List<TensorConvention> conventions;

  /**
   * @param conventions in the order in which they are asked
   */
  public TensorFileImporter(TensorContainer container, List<TensorConvention> conventions) {
    this.container = container;
    this.conventions = List.copyOf(conventions);
  }

  @Override
  public ModelFormat format() {
    return container.format();
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    return container.recognizes(files);
  }

  @Override
  public ImportedModel read(ModelFiles files, ImportConfig config, ImportLimits limits)
      throws IOException, ImportException {
    try (TensorFile file = container.open(files, limits)) {
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
