package dev.keepgate.registry;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ModelFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of a model on their way in, in a folder of their own beside the repository's, which
 * {@link #close()} deletes unless the registry took it. For one thread at a time.
 */
public final class Upload implements AutoCloseable {

  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private final Path folder;
  private final Path root;
  private int fileCount;
  private byte @Nullable [] config;
  private @Nullable ModelFormat format;

  /**
   * @param folder an empty one, this upload's from now on
   * @param root of the disk that it lies on
   */
  Upload(Path folder, Path root) {
    this.folder = folder;
    this.root = root;
  }

  /**
   * Opens one more file of the model, to be written and closed before the upload is used.
   *
   * @param clientName what the client calls it; only its last part is used, and only where that is
   *     harmless
   * @return throws RegistryException.StorageFailure, and no IOException, where the disk fails: it
   *     is told apart from whoever sends the bytes
   * @throws RegistryException.StorageFailure if the disk fails
   * @throws RegistryException.Rejected if there are too many files
   */
  public OutputStream newFile(String clientName) {
    if (++fileCount > ModelSource.MAX_FILES) {
      throw new RegistryException.Rejected(
          ImportException.tooLarge("a model has at most " + ModelSource.MAX_FILES + " files"));
    }
    String name = harmless(clientName);
    try {
      try {
        return create(name);
      } catch (FileAlreadyExistsException e) {
        // No harmless name starts like this.
        return create("_" + fileCount + "-" + name);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private RegistryException.StorageFailure failure(IOException e) {
    return StorageFault.failure("could not store an upload", e, root);
  }

  /** What the files cannot say of themselves, as JSON; kept as {@code config.json}. */
  public void config(byte[] json) {
    this.config = json.clone();
  }

  /** The format, where the content is not to be asked. */
  public void format(ModelFormat format) {
    this.format = format;
  }

  @Override
  public void close() {
    Disk.discard(folder);
  }

  Path folder() {
    return folder;
  }

  /** Says which making of its number this is to be. */
  void mark(Revision revision) throws IOException {
    Files.write(folder.resolve(Revision.FILE), revision.encode());
  }

  /** Writes what goes beside the files, and looks at the whole. */
  ModelSource finish() throws IOException, ImportException {
    if (config != null) {
      Files.write(folder.resolve(ModelSource.CONFIG), config);
    }
    if (format != null) {
      Files.write(folder.resolve(ModelSource.FORMAT), format.id().getBytes(StandardCharsets.UTF_8));
    }
    return ModelSource.in(folder, folder.toRealPath());
  }

  private OutputStream create(String name) throws IOException {
    return new StoredFile(
        Files.newOutputStream(
            folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  /** A file whose failures are the disk's. */
  private final class StoredFile extends OutputStream {

    private final OutputStream file;

    StoredFile(OutputStream file) {
      this.file = file;
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      try {
        file.write(bytes, offset, length);
      } catch (IOException e) {
        throw failure(e);
      }
    }

    @Override
    public void close() {
      try {
        file.close();
      } catch (IOException e) {
        throw failure(e);
      }
    }
  }

  private static String harmless(String clientName) {
    String last =
        clientName.substring(
            Math.max(clientName.lastIndexOf('/'), clientName.lastIndexOf('\\')) + 1);
    return HARMLESS.matcher(last).matches() && ModelSource.isFileName(last) ? last : "model";
  }
}
