package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import java.io.IOException;
import java.util.Collection;

/** How one framework names and lays out the tensors of an LSTM. */
public interface TensorConvention {

  /** Whether the names are of this framework. */
  boolean recognizes(Collection<TensorInfo> tensors);

  /** Makes the model. */
  ImportedModel read(TensorFile file, ImportConfig config) throws IOException, ImportException;
}
