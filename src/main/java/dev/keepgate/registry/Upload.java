package dev.keepgate.registry;

import dev.keepgate.importer.ModelFormat;
import java.io.OutputStream;

/**
 * The files of a model on their way in, in a folder of their own beside the repository's, which
 * {@link #close()} deletes unless the registry took it. For one thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Upload implements AutoCloseable {

  /**
   * Opens one more file of the model, to be written and closed before the upload is used.
   *
   * @param clientName what the client calls it; only its last part is used, and only where that is
   *     harmless
   * @throws RegistryException.StorageFailure if the disk fails
   * @throws RegistryException.Rejected if there are too many files
   */
  public OutputStream newFile(String clientName) {
    throw new UnsupportedOperationException();
  }

  /** What the file cannot say of itself, as JSON; kept as {@code config.json}. */
  public void config(byte[] json) {
    throw new UnsupportedOperationException();
  }

  /** The format, where the content is not to be asked. */
  public void format(ModelFormat format) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
