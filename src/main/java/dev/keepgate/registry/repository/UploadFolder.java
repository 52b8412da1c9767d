package dev.keepgate.registry.repository;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.Upload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An upload whose files lie in a folder of their own beside the repository's. */
public final class UploadFolder implements Upload {

  private static final Pattern HARMFUL = Pattern.compile("[^A-Za-z0-9._-]");
  private static final int LONGEST_NAME = 128;

  private final Path folder;
  private final Path root;
  private int fileCount;
  private byte @Nullable [] config;
  private @Nullable ModelFormat format;

  /**
   * @param folder an empty one, this upload's from now on
   * @param root of the disk that it lies on
   */
  UploadFolder(Path folder, Path root) {
    this.folder = folder;
    this.root = root;
  }

  @Override
  public OutputStream newFile(String clientName) {
    if (++fileCount > ModelSource.MAX_FILES) {
      throw new RegistryException.Rejected(
          ImportException.tooLarge("a model has at most " + ModelSource.MAX_FILES + " files"));
    }
    String name = harmless(clientName);
    // No harmless name starts like this.
    String numbered = "_" + fileCount + "-" + name;
    try {
      try {
        return create(ModelSource.isFileName(name) ? name : numbered);
      } catch (FileAlreadyExistsException e) {
        return create(numbered);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private RegistryException.StorageFailure failure(IOException e) {
    return DiskFaults.failure("could not store an upload", e, root);
  }

  /** Copies a version's files and the name of their format, and not its configuration. */
  public void takeOver(ModelSource source) throws IOException {
    for (Path file : source.files().paths()) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
    format = source.format();
  }

  @Override
  public void config(byte[] json) {
    this.config = json.clone();
  }

  @Override
  public void format(ModelFormat format) {
    this.format = format;
  }

  @Override
  public void close() {
    Disk.discard(folder);
  }

  public Path folder() {
    return folder;
  }

  /** Says which making of its number this is to be. */
  public void mark(Revision revision) throws IOException {
    RevisionFile.write(folder, revision);
  }

  /** Writes what goes beside the files, and looks at the whole. */
  public ModelSource finish() throws IOException, ImportException {
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

  /** The last part of a name with nothing in it that a disk or a shell may take amiss. */
  private static String harmless(String clientName) {
    String last =
        clientName.substring(
            Math.max(clientName.lastIndexOf('/'), clientName.lastIndexOf('\\')) + 1);
    String plain = HARMFUL.matcher(last).replaceAll("_");
    // The end of a long name tells more.
    String end = plain.substring(Math.max(0, plain.length() - LONGEST_NAME));
    return end.isEmpty() || !Character.isLetterOrDigit(end.charAt(0)) ? "model" + end : end;
  }
}
