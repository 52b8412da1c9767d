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
import dev.keepgate.importer.framework.forward.Forward;
import dev.keepgate.model.InconsistentModelException;
import java.io.IOException;
import java.util.List;
import java.util.Set;

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
      IgnoredTensors ignored = IgnoredTensors.of(config.ignore(), file.tensors().keySet());
      Set<String> names = file.tensors().keySet();
      NamedTensors tensors =
          new NamedTensors(
              file,
              tensor ->
                  !ignored.contains(tensor.name()) && !TrainingState.holds(tensor.name(), names));
      for (TensorConvention convention : conventions) {
        if (convention.recognizes(tensors.all())) {
          return read(convention, tensors, config);
        }
      }
      throw ImportException.unsupported(
          "tensors",
          "no LSTM is known by these names: "
              + tensors.all().stream().limit(SHOWN).toList()
              + (tensors.all().size() > SHOWN
                  ? " and " + (tensors.all().size() - SHOWN) + " more"
                  : ""));
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported("tensors", "do not fit each other: " + e.getMessage());
    }
  }

  private static ImportedModel read(
      TensorConvention convention, NamedTensors tensors, ImportConfig config)
      throws IOException, ImportException {
    Forward forward = Forward.of(convention.modules(tensors, config), config);
    UnusedTensors.refuse(tensors, forward);
    return new ImportedModel(
        forward.network(), tensors.unused(), forward.stages(), forward.assumed());
  }
}
