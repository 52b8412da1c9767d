package dev.keepgate.registry;

import dev.keepgate.importer.ModelFormat;
import java.io.OutputStream;

/**
 * The files of a model on their way in, which {@link #close()} deletes unless the registry took
 * them. For one thread at a time.
 */
public interface Upload extends AutoCloseable {

  /**
   * Opens one more file of the model, to be written and closed before the upload is used.
   *
   * @param clientName what the client calls it; only its last part is used, without what is not
   *     harmless
   * @return throws RegistryException.StorageFailure, and no IOException, where the disk fails: it
   *     is told apart from whoever sends the bytes
   * @throws RegistryException.StorageFailure if the disk fails
   * @throws RegistryException.Rejected if there are too many files
   */
  OutputStream newFile(String clientName);

  /** What the files cannot say of themselves, as JSON; kept as {@code config.json}. */
  void config(byte[] json);

  /** The format, where the content is not to be asked. */
  void format(ModelFormat format);

  @Override
  void close();
}
