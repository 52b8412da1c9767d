package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.forward.Modules;
import java.io.IOException;
import java.util.Collection;

/** How one framework names and lays out the tensors of a network's modules. */
public interface TensorConvention {

  /** Whether the names are of this framework. */
  boolean recognizes(Collection<TensorInfo> tensors);

  /** Tells the modules by the names and shapes of their tensors, and reads no numbers yet. */
  Modules modules(NamedTensors tensors, ImportConfig config) throws IOException, ImportException;
}
